"""`llamafactory-cli chat` and `api` put questions to a model as the templates say, told no more than the name."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from shopbench_plugin.models.chat_template import SHOPPING_SYSTEM_PROMPT
from tests.shopbench_plugin.conftest import PROJECT
from tests.warm_start import LLAMAFACTORY_MODULES, WarmProcess, run_warm, start_warm

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("llamafactory")]

QUESTION = "Is a kettle made for boiling water?"
LLAMAFACTORY = Path(sys.executable).with_name("llamafactory-cli")
ON_THE_CPU = {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}


def make_command(stage: str, model: Path, template: str) -> list[str]:
    settings = ["--model_name_or_path", str(model), "--template", template, "--max_new_tokens", "4"]
    return [str(LLAMAFACTORY), stage, *settings]


def test_chat_answers_each_question_until_exit(tiny_base_model: Path) -> None:
    command = make_command("chat", tiny_base_model, "qwen2_shopbench")
    typed = f"{QUESTION}\n{QUESTION}\nexit\n"
    done = run_warm(LLAMAFACTORY_MODULES, command, PROJECT, os.environ | ON_THE_CPU, typed)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("Assistant: ") == 2


@contextmanager
def serve_api(model: Path, template: str, log: Path) -> Iterator[str]:
    """Run LlamaFactory's own server on a free port; yield its address once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | ON_THE_CPU | {"API_HOST": "127.0.0.1", "API_PORT": str(port)}
    with log.open("wb") as output:
        streams = (output.fileno(), output.fileno())
        command = make_command("api", model, template)
        server = start_warm(LLAMAFACTORY_MODULES, command, PROJECT, environment, streams)
    try:
        yield wait_until_ready(server, f"http://127.0.0.1:{port}/v1")
    finally:
        server.terminate()
        server.wait(timeout=60)


@retry(stop=stop_after_delay(300), wait=wait_fixed(0.5), retry=retry_if_exception_type(httpx.ConnectError))
def wait_until_ready(server: WarmProcess, address: str) -> str:
    assert server.poll() is None, "the server ended; its log says why"
    httpx.get(f"{address}/models").raise_for_status()
    return address


@pytest.mark.parametrize(
    ("template", "system"),
    [("qwen2", "You are a helpful assistant."), ("qwen2_shopbench", SHOPPING_SYSTEM_PROMPT)],
)
def test_the_api_asks_with_the_templates_system_turn(
    template: str, system: str, tiny_base_model: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    turns = [{"role": "user", "content": QUESTION}]
    with serve_api(tiny_base_model, template, tmp_path / "server.log") as address:
        question = {"model": "tiny", "messages": turns, "max_tokens": 4}
        answer = httpx.post(f"{address}/chat/completions", json=question, timeout=120).raise_for_status().json()
    tokenizer = AutoTokenizer.from_pretrained(tiny_base_model)
    whole = [{"role": "system", "content": system}, *turns]
    expected = tokenizer.apply_chat_template(whole, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert answer["usage"]["prompt_tokens"] == len(expected)

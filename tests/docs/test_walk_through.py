"""The README's way from a CSV to a served model, each command as it is written there, with a tiny model for the 7B.

The programs start warm: see tests/warm_start.py.
"""

import csv
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from tests.warm_start import LLAMAFACTORY_MODULES, VLLM_MODULES, write_warm_python

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
COLUMNS = ("input_field", "output_field", "task_name", "task_type", "metric")
# What a CPU and a tiny model need beside the 7B's recipes; nothing of it changes which stage runs, or on what.
ON_A_CPU = {
    "sft": "max_steps=2 cutoff_len=512 gradient_accumulation_steps=1 val_size=0.2 preprocessing_num_workers=1",
    "gptq": "export_quantization_nsamples=8",
}
# `shopbench` loads vLLM for some of its commands, and at most what LlamaFactory does for the others.
CHOOSE = '#!/bin/sh\ncase "$1" in predict|serve) exec "$0-vllm" "$@";; *) exec "$0-training" "$@";; esac\n'
SETTINGS = {"ENFORCE_EAGER": "true", "CPU_CACHE_GIB": "1", "MAX_MODEL_LEN": "2048"}


def read_commands() -> list[str]:
    """Return the commands of the README's section, each in one line, without comments."""
    section = README.partition("## Your model, your data, one GPU")[2]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None
    lines = re.sub(r"\\\n\s*", "", block[1]).splitlines()
    return [line.partition("  #")[0].strip() for line in lines]


def copy_bundle(folder: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "dataset_info.json", "shopbench_llamafactory_hook.pth"):
        shutil.copy2(ROOT / name, folder)
    for name in ("requirements", "llamafactory_configs", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("generated"))
    for recipe in (folder / "llamafactory_configs").glob("*/qwen2_7b_*.yaml"):
        text = recipe.read_text().replace("Qwen/Qwen2-7B-Instruct", "outputs/tiny")
        recipe.write_text(text.replace("bf16: true", "bf16: false\nuse_cpu: true"))


def write_programs(folder: Path) -> None:
    """Write the environment's own programs that the commands start."""
    folder.mkdir(parents=True)
    real = Path(sys.executable).parent
    write_warm_python(folder / "llamafactory-cli", LLAMAFACTORY_MODULES, real / "llamafactory-cli")
    write_warm_python(folder / "shopbench-training", LLAMAFACTORY_MODULES, real / "shopbench")
    write_warm_python(folder / "shopbench-vllm", VLLM_MODULES, real / "shopbench")
    (folder / "shopbench").write_text(CHOOSE)
    (folder / "shopbench").chmod(0o755)


def make_cell(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def write_questions(folder: Path) -> None:
    """Write a user's own questions: 60 to train on as CSV, the last eight kept out."""
    rows = [orjson.loads(line) for line in (ROOT / "data" / "shopbench_sample.jsonl").read_bytes().splitlines()]
    with (folder / "questions.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        for row in rows[:60]:
            writer.writerow({name: make_cell(row[name]) for name in COLUMNS})
    (folder / "held_out.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows[-8:])))


def run(command: str, folder: Path, environment: dict[str, str]) -> None:
    words = shlex.split(command)
    if words[0] == "make":
        words[1:1] = ["--assume-old", ".venv/.ready-cpu"]
        words.append(f"ARGS={ON_A_CPU.get(words[3], '')}")
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def ask_server(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Start the server on a free port, and return the answer to one question once it is there."""
    from openai import APIConnectionError, OpenAI

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)
    with subprocess.Popen([*shlex.split(command), "--port", str(port)], cwd=folder, env=environment) as server:
        try:
            for _ in range(600):
                assert server.poll() is None
                try:
                    question = {"role": "user", "content": "Which one is a drink?\n0. tea\n1. chair\nAnswer:"}
                    answer = client.chat.completions.create(model="gptq", messages=[question])
                    return answer.choices[0].message.content
                except APIConnectionError:
                    time.sleep(0.5)
            raise TimeoutError(command)
        finally:
            server.terminate()


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
def test_every_command_from_the_csv_to_the_served_model_runs(tmp_path: Path) -> None:
    copy_bundle(tmp_path)
    programs = tmp_path / ".venv" / "bin"
    write_programs(programs)
    write_questions(tmp_path)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    environment |= {f"SHOPBENCH_{name}": value for name, value in SETTINGS.items()}
    setup, online, *commands, serve = read_commands()
    assert setup.startswith("make setup")
    assert online == "export HF_HUB_OFFLINE=0"
    run("shopbench tiny-model --text data/shopbench_sample.jsonl --output outputs/tiny", tmp_path, environment)
    for command in commands:
        run(command, tmp_path, environment)
    predictions = [orjson.loads(line) for line in (tmp_path / "predictions.jsonl").read_bytes().splitlines()]
    assert len(predictions) == 8
    assert all(row["prediction"] for row in predictions)
    assert (tmp_path / "report.html").stat().st_size > 100_000
    assert ask_server(serve, tmp_path, environment) in {"0", "1"}

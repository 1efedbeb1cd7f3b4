"""LLaMA Board in a browser: the datasets that it lists and the template that it offers for Qwen2's models."""

import asyncio
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Tab, Visit, open_tab
from tests.warm_start import LLAMAFACTORY_MODULES, WarmProcess, start_warm

INFO = Path(__file__).resolve().parents[3] / "dataset_info.json"
TEMPLATES = {
    "Qwen2-7B-Instruct": "qwen2",
    "Qwen2-72B-Instruct-GPTQ-Int4": "qwen2",
    "Qwen2.5-7B-Instruct": "qwen",
}
_FIND = """
window.field = name => [...document.querySelectorAll('label, .form .block')].filter(one => one.offsetParent !== null)
  .find(one => (one.querySelector('span') || {}).innerText === name);
window.options = () => [...document.querySelectorAll('ul[role=listbox] li, ul.options li')].map(one => one.ariaLabel);
"""
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("llamafactory")]


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start `llamafactory-cli webui` beside the project's dataset_info.json; return its address."""
    pytest.importorskip("gradio")
    folder = tmp_path_factory.mktemp("board")
    shutil.copyfile(INFO, folder / INFO.name)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    environment = os.environ | settings | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "BROWSER": "true"}
    program = Path(sys.executable).with_name("llamafactory-cli")
    log = folder / "log"
    with log.open("wb") as output:
        streams = (output.fileno(), output.fileno())
        process = start_warm(LLAMAFACTORY_MODULES, [program, "webui"], folder, environment, streams)
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(port: int, process: WarmProcess, log: Path) -> None:
    """Wait until the board listens; fail with what it printed where it ends before that."""
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(log.read_text()[-3000:])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail("the board did not start")


def test_the_board_lists_the_datasets_and_offers_qwen2s_template(board: str, browser: str) -> None:
    async def look() -> tuple[str, list[str], dict[str, str]]:
        async with open_tab(browser, ("http", "data:", "blob:")) as tab:
            await tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
            offered = {model: await offer(tab, model) for model in TEMPLATES}
            folder = await tab.evaluate("field('Data dir').querySelector('textarea, input').value")
            await tab.evaluate("document.activeElement.blur(), field('Dataset').querySelector('input').focus()")
            await tab.wait_for("options().length > 1")
            return folder, await tab.evaluate("options()"), offered

    async def offer(tab: Tab, model: str) -> str:
        """Choose a model as a user does who has just opened the board; return the template that it then shows."""
        await tab.open(Visit(board, "document.querySelector('input[aria-label=\"Model name\"]')", ()))
        await tab.evaluate(_FIND)
        before = json.dumps(await tab.evaluate("field('Model path').querySelector('textarea, input').value"))
        await tab.evaluate("field('Model name').querySelector('input').focus()")
        await tab.evaluate("document.activeElement.select()")
        await tab.call("Input.insertText", text=model)
        await tab.press("Enter")
        await tab.wait_for(f"field('Model path').querySelector('textarea, input').value !== {before}")
        return str(await tab.evaluate("field('Chat template').querySelector('input').value"))

    folder, datasets, templates = asyncio.run(look())
    assert folder == "."
    assert datasets == list(json.loads(INFO.read_text()))
    assert templates == TEMPLATES

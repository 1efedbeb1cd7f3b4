"""LLaMA Board: what it lists and offers in a process that starts as `llamafactory-cli webui` does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]

_ASK = """
import json
import llamafactory.webui.interface
from llamafactory.webui.control import get_model_info, list_datasets
models = ["Qwen2-7B-Instruct", "Qwen2-72B-Instruct-GPTQ-Int4", "Qwen2.5-7B-Instruct", "Qwen2-VL-7B-Instruct"]
print("ANSWER " + json.dumps([
    {name: get_model_info(name)[1] for name in models},
    [choice for choice, _ in list_datasets(".").choices],
]))
"""


@pytest.mark.slow
def test_the_board_lists_the_datasets_and_offers_qwen2s_template() -> None:
    pytest.importorskip("gradio")
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    done = subprocess.run(
        [sys.executable, "-c", _ASK], capture_output=True, text=True, check=False, cwd=PROJECT, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    [answer] = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    templates, datasets = json.loads(answer.removeprefix("ANSWER "))
    assert templates == {
        "Qwen2-7B-Instruct": "qwen2",
        "Qwen2-72B-Instruct-GPTQ-Int4": "qwen2",
        "Qwen2.5-7B-Instruct": "qwen",
        "Qwen2-VL-7B-Instruct": "qwen2_vl",
    }
    assert datasets == list(json.loads((PROJECT / "dataset_info.json").read_text()))

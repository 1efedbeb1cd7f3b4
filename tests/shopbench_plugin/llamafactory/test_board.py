"""LLaMA Board: what it lists and offers in a process that starts as `llamafactory-cli webui` does."""

import json
import os
from pathlib import Path

import pytest

from tests.shopbench_plugin.conftest import PROJECT
from tests.warm_start import LLAMAFACTORY_MODULES, run_warm

_ASK = """
import json
import llamafactory.webui.interface
from llamafactory.webui.components.top import TEMPLATES
from llamafactory.webui.control import get_model_info, list_datasets
models = ["Qwen2-7B-Instruct", "Qwen2-72B-Instruct-GPTQ-Int4", "Qwen2.5-7B-Instruct", "Qwen2-VL-7B-Instruct"]
print("ANSWER " + json.dumps([
    {name: get_model_info(name)[1] for name in models},
    [choice for choice, _ in list_datasets(".").choices],
    [name for name in ("qwen2", "qwen2_shopbench") if name in TEMPLATES],
]))
"""


@pytest.mark.slow
@pytest.mark.xdist_group("llamafactory")
def test_the_board_lists_the_datasets_and_the_templates_and_offers_qwen2s(tmp_path: Path) -> None:
    """The choices of its drop-down of templates are the keys of TEMPLATES."""
    pytest.importorskip("gradio")
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    script = tmp_path / "ask.py"
    script.write_text(_ASK)
    done = run_warm(LLAMAFACTORY_MODULES, [script], PROJECT, environment)
    assert done.returncode == 0, done.stderr[-3000:]
    [answer] = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    templates, datasets, names = json.loads(answer.removeprefix("ANSWER "))
    assert templates == {
        "Qwen2-7B-Instruct": "qwen2",
        "Qwen2-72B-Instruct-GPTQ-Int4": "qwen2",
        "Qwen2.5-7B-Instruct": "qwen",
        "Qwen2-VL-7B-Instruct": "qwen2_vl",
    }
    assert datasets == list(json.loads((PROJECT / "dataset_info.json").read_text()))
    assert names == ["qwen2", "qwen2_shopbench"]

"""A project with a base model, data and recipes that are right, for tests that change one thing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory.checks.registry import check_recipe
from shopbench_plugin.models.chat_template import write_chat_template

ROWS = [{"instruction": "Is it good?", "input": f"Kettle {number}", "output": "yes"} for number in range(4)]
COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}


def write_base(folder: Path, *, head: float | None = 1.0, **config: object) -> Path:
    """Write a Qwen2 of one layer; head is the value of its output matrix, None if it has none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen2", "num_hidden_layers": 1} | config))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"eos_token": "<|im_end|>", "chat_template": write_chat_template()})
    )
    names = ("embed_tokens", "layers.0.self_attn.q_proj", "layers.0.self_attn.v_proj")
    tensors = {f"model.{name}.weight": np.zeros((4, 4), np.float16) for name in names}
    if head is not None:
        tensors["lm_head.weight"] = np.full((4, 4), head, np.float16)
    save_file(tensors, folder / "model.safetensors")
    return folder


def write_dataset(folder: Path, rows: Any = None, name: str = "shop.jsonl", **entry: object) -> None:
    """Write the dataset `shop` with its entry."""
    text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows or ROWS)
    (folder / name).write_text(text)
    info = {"shop": {"file_name": name, "columns": COLUMNS} | entry}
    (folder / "dataset_info.json").write_text(json.dumps(info))


def train(**changes: object) -> Path:
    """Write a right training recipe, changed."""
    settings = {
        "model_name_or_path": "base",
        "do_train": True,
        "dataset": "shop",
        "dataset_dir": ".",
        "template": "qwen2",
        "lora_target": "all",
        "output_dir": "adapter",
        "use_cpu": True,
    }
    return write_recipe(settings | changes)


def merge(**changes: object) -> Path:
    """Write a right export recipe, changed."""
    return write_recipe({"model_name_or_path": "base", "template": "qwen2", "export_dir": "merged"} | changes)


def quantize(**changes: object) -> Path:
    """Write a right GPTQ recipe, changed."""
    settings = {
        "model_name_or_path": "base",
        "template": "qwen2",
        "export_dir": "gptq",
        "export_quantization_bit": 4,
        "export_quantization_dataset": "calibration.jsonl",
        "export_quantization_maxlen": 256,
    }
    return write_recipe(settings | changes)


def write_recipe(settings: dict[str, Any]) -> Path:
    """Write a recipe without the settings that are None."""
    recipe = Path("recipe.yaml")
    recipe.write_text(json.dumps({key: value for key, value in settings.items() if value is not None}))
    return recipe


def find_problem(recipe: Path, *overrides: str) -> str:
    """Return the problems in the one line that refuses a recipe."""
    with pytest.raises(ShopBenchError) as caught:
        check_recipe(recipe, overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{recipe}: ")


def set_up_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a base model, a dataset `shop` and a calibration file; no GPU, the hub reachable."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    for variable in ("HF_HUB_OFFLINE", "HF_HUB_CACHE"):  # libraries set the second one in their own process
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HF_HOME", str(folder / "hub"))
    write_base(folder / "base")
    write_dataset(folder)
    (folder / "calibration.jsonl").write_text(json.dumps({"text": "word " * 400}))
    (folder / "zero3.json").write_text('{"zero_optimization": {"stage": 3}}')
    return folder

"""`shopbench check` passes every recipe of the bundle where everything that it needs is there."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from shopbench_plugin.cli.check import check
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory.bundle import copy_bundle, find_bundle
from shopbench_plugin.llamafactory.checks import facts
from shopbench_plugin.llamafactory.checks.machine import look_at_machine
from shopbench_plugin.models.checkpoints import is_hub_name
from tests.llamafactory_configs.test_bundle import EXPORTS, RECIPES, TRAINING
from tests.shopbench_plugin.conftest import make_once

LAYERS = ("self_attn.q_proj", "self_attn.v_proj", "mlp.down_proj")
CONFIG = {"num_hidden_layers": 80, "intermediate_size": 1024}
TEXT = json.dumps({"text": "word " * 4096})


@pytest.fixture(scope="session")
def complete_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle with a model, an adapter, a dataset and calibration texts wherever a recipe names one."""
    return make_once(tmp_path_factory, "complete_project", set_up)


def set_up(folder: Path) -> None:
    copy_bundle(find_bundle(), folder)
    for recipe in RECIPES:
        settings = yaml.safe_load((folder / recipe).read_text(encoding="utf-8"))
        for name in list_models(settings):
            write_model(find_folder(folder, name), name)
        for name in list_adapters(settings):
            write_adapter(folder / name)
        if "export_quantization_dataset" in settings:
            write(folder / settings["export_quantization_dataset"], TEXT)
    for entry in json.loads((folder / "dataset_info.json").read_text(encoding="utf-8")).values():
        row = {"instruction": "Is it good?", "input": "A kettle", "output": "yes"}
        if not (folder / entry["file_name"]).exists():
            write(folder / entry["file_name"], f"{json.dumps(row)}\n" * 50)


def list_models(settings: dict[str, Any]) -> Iterator[str]:
    if settings.get("engine") != "openai":  # whose model is a name on a server
        yield from (settings[key] for key in ("model_name_or_path", "model", "untuned", "quantized") if key in settings)


def list_adapters(settings: dict[str, Any]) -> Iterator[str]:
    yield from (settings[key] for key in ("adapter_name_or_path", "adapter") if key in settings)
    yield from settings.get("candidates", {}).values()


def find_folder(project: Path, name: str) -> Path:
    """Return a path's folder, or where a hub model is in Hugging Face's cache."""
    if is_hub_name(name) and name.startswith("Qwen/"):
        return project / "cache" / f"models--{name.replace('/', '--')}" / "snapshots" / "1"
    return project / name


def write_model(folder: Path, name: str) -> None:
    quantization = {"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 128}}
    kind = {"model_type": "qwen3" if "Qwen3" in name else "qwen2"}
    write(folder / "config.json", json.dumps(CONFIG | kind | (quantization if "gptq" in name else {})))
    template = "{% for message in messages %}{{ message.role + message.content }}{% endfor %}"
    write(folder / "tokenizer_config.json", json.dumps({"chat_template": template}))
    write(folder / "vocab.json", "{}")
    tensors = {f"model.layers.0.{layer}.weight": np.zeros((8, 8), np.float16) for layer in LAYERS}
    ends = {name: np.zeros((8, 8), np.float16) for name in ("model.embed_tokens.weight", "lm_head.weight")}
    save_file(tensors | ends, folder / "model.safetensors")


def write_adapter(folder: Path) -> None:
    write(folder / "adapter_config.json", json.dumps({"peft_type": "LORA", "r": 4, "lora_alpha": 8}))
    start = "base_model.model.model.layers.0.self_attn.q_proj.lora_"
    tensors = {f"{start}A.weight": np.zeros((4, 8), np.float16), f"{start}B.weight": np.zeros((8, 4), np.float16)}
    save_file(tensors, folder / "adapter_model.safetensors")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_a_recipe_passes_where_everything_that_it_needs_is_there(
    recipe: Path, complete_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(complete_project)
    monkeypatch.setenv("HF_HUB_CACHE", str(complete_project / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    machine = replace(look_at_machine(), has_gpu=True, has_bfloat16=True, find_version=lambda _: "99")
    monkeypatch.setattr(facts, "look_at_machine", lambda: machine)
    # The adapters are there that the exports merge; a training must not go on from them.
    check(recipe, ["overwrite_output_dir=true"] if recipe in TRAINING else [], parser=False)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == (f"{recipe}: looks right\n", "")


@pytest.mark.parametrize("recipe", TRAINING + EXPORTS, ids=str)
def test_a_recipe_is_refused_where_its_model_is_missing(
    recipe: Path, complete_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ShopBenchError, match=r"no such model folder|is not in the hub's cache"):
        check(complete_project / recipe, [], parser=False)


def test_a_check_imports_neither_torch_nor_transformers(complete_project: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from shopbench_plugin.cli.check import check\n"
        "for recipe in sys.argv[1:]:\n"
        "    check(Path(recipe), [], parser=False)\n"
        "print({'torch', 'transformers', 'datasets', 'vllm'} & set(sys.modules), file=sys.stderr)"
    )
    recipes = [recipe for recipe in RECIPES if recipe not in (*TRAINING, *EXPORTS)]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, recipes)],
        capture_output=True,
        text=True,
        check=True,
        cwd=complete_project,
    )
    assert done.stderr == "set()\n"
    assert done.stdout == "".join(f"{recipe}: looks right\n" for recipe in recipes)

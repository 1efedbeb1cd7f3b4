"""A 16-bit checkpoint trains in float32 on a CPU that computes that faster, through LlamaFactory's own loader."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.llamafactory import arithmetic
from shopbench_plugin.models.arithmetic import Machine

SLOW, FAST, CARD = Machine(None, False), Machine(None, True), Machine((7, 5), True)


@pytest.fixture(scope="module")
def model(tiny_base_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as if it had been saved in bfloat16."""
    folder = tmp_path_factory.mktemp("bfloat16") / "model"
    shutil.copytree(tiny_base_model, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"dtype": "bfloat16"}))
    return folder


def load(model: Path, *, is_trainable: bool = True, **compute: Any) -> Any:
    from llamafactory.hparams import FinetuningArguments, ModelArguments
    from llamafactory.model import load_tokenizer, loader

    arguments = ModelArguments(model_name_or_path=str(model))
    arguments.compute_dtype = compute.get("compute_dtype")
    tokenizer = load_tokenizer(arguments)["tokenizer"]
    settings = FinetuningArguments(finetuning_type="lora", lora_target="q_proj")
    return loader.load_model(tokenizer, arguments, settings, is_trainable)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that lets a machine choose, within the test."""
    from llamafactory.model import loader

    def choose(machine: Machine) -> None:
        monkeypatch.setattr(loader, "patch_config", loader.patch_config)
        monkeypatch.setattr(arithmetic, "describe_machine", lambda: machine)
        arithmetic.choose_training_dtype(loader)

    return choose


def find_dtypes(model: Any) -> tuple[set[str], set[str]]:
    """Return the types of the base's weights and of the adapter's."""
    named = [(name, str(weight.dtype)) for name, weight in model.named_parameters()]
    return {dtype for name, dtype in named if "lora_" not in name}, {dtype for name, dtype in named if "lora_" in name}


@pytest.mark.parametrize(("machine", "expected"), [(SLOW, "float32"), (FAST, "bfloat16"), (CARD, "bfloat16")])
def test_weights_train_in_the_type_that_is_fast_on_this_cpu(
    model: Path, chosen: Any, machine: Machine, expected: str
) -> None:
    chosen(machine)
    assert find_dtypes(load(model)) == ({f"torch.{expected}"}, {"torch.float32"})


def test_a_recipe_that_asks_for_bfloat16_gets_it(model: Path, chosen: Any) -> None:
    import torch

    chosen(SLOW)
    assert find_dtypes(load(model, compute_dtype=torch.bfloat16))[0] == {"torch.bfloat16"}


def test_a_model_that_is_only_exported_keeps_its_type(model: Path, chosen: Any) -> None:
    chosen(SLOW)
    assert find_dtypes(load(model, is_trainable=False))[0] == {"torch.bfloat16"}


def test_a_float16_checkpoint_trains_in_float32_on_a_slow_cpu(model: Path, chosen: Any, tmp_path: Path) -> None:
    folder = tmp_path / "float16"
    shutil.copytree(model, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"dtype": "float16"}))
    chosen(SLOW)
    assert find_dtypes(load(folder))[0] == {"torch.float32"}

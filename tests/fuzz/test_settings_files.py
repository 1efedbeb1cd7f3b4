"""A model's settings, LlamaFactory's dataset list and recipes with the wrong kind of value anywhere are refused."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from converters.dataset_info import check_entry
from fuzz.rules import expect_one_line
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory.checks.registry import check_recipe
from shopbench_plugin.models.model_folder import check_model_folder
from shopbench_plugin.planning.shapes import read_shape
from shopbench_plugin.quantization.clean import remove_calibration_tokens

ODD_VALUES = [None, True, -1, 0, 1.5, 10**30, "x", "", [], [1], {}, {"a": 1}]
ODD_FILES = ["", "{", "[]", "1", "null", '"x"', "\0", "[" * 20_000, '{"a":' * 20_000]
QUANTIZATION = {"quant_method": "gptq", "group_size": 128, "bits": 4, "dataset": None}
CONFIG = {
    "model_type": "qwen2",
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
    "max_position_embeddings": 100,
    "quantization_config": QUANTIZATION,
}
MODEL_FILES = (
    "config.json",
    "tokenizer_config.json",
    "tokenizer.json",
    "generation_config.json",
    "quantize_config.json",
)
RECIPE_KEYS = ("model_name_or_path", "template", "dataset", "dataset_dir", "adapter_name_or_path", "export_dir")


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"weight": np.zeros((2, 2), np.float32)}, folder / "model.safetensors")
    write(folder / "config.json", CONFIG)
    write(folder / "tokenizer_config.json", {"chat_template": "{{ messages }}"})
    write(folder / "tokenizer.json", {})
    return folder


def write(path: Path, content: object) -> None:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def expect_result_or_one_line(read: Callable[[], object]) -> None:
    try:
        read()
    except ShopBenchError as error:
        expect_one_line(error)


def look_into(model: Path) -> None:
    expect_result_or_one_line(lambda: check_model_folder(str(model), 2))
    expect_result_or_one_line(lambda: read_shape(model))
    expect_result_or_one_line(lambda: remove_calibration_tokens(model))


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_a_model_with_an_odd_value_in_its_settings(model, value):
    for key in CONFIG:
        write(model / "config.json", CONFIG | {key: value})
        look_into(model)
    for key in QUANTIZATION:
        write(model / "config.json", CONFIG | {"quantization_config": QUANTIZATION | {key: value}})
        look_into(model)


@pytest.mark.parametrize("name", MODEL_FILES)
@pytest.mark.parametrize("content", ODD_FILES, ids=lambda content: repr(content[:5]))
def test_a_model_with_an_odd_file(model, name, content):
    write(model / name, content)
    look_into(model)


@pytest.mark.parametrize(
    "content", [*ODD_FILES, *({"shop": value} for value in ODD_VALUES)], ids=lambda one: str(one)[:9]
)
def test_a_list_of_data_sets_with_odd_entries(model, tmp_path, content):
    write(tmp_path / "dataset_info.json", content)
    recipe = {"stage": "sft", "model_name_or_path": str(model), "dataset": "shop", "dataset_dir": str(tmp_path)}
    write(tmp_path / "recipe.yaml", recipe)
    expect_result_or_one_line(lambda: check_entry(tmp_path / "dataset_info.json", "shop", tmp_path / "shop.jsonl"))
    expect_result_or_one_line(lambda: check_recipe(tmp_path / "recipe.yaml"))


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_a_recipe_with_an_odd_value(model, tmp_path, value):
    write(tmp_path / "dataset_info.json", {"shop": {"file_name": "recipe.yaml"}})
    recipe = {"stage": "sft", "model_name_or_path": str(model), "dataset": "shop", "dataset_dir": str(tmp_path)}
    for key in RECIPE_KEYS:
        write(tmp_path / "recipe.yaml", recipe | {key: value})
        expect_result_or_one_line(lambda: check_recipe(tmp_path / "recipe.yaml"))


@pytest.mark.parametrize("override", ["template=[", "template: {", "a=!!int x", "a='", "noequals"])
def test_an_override_that_is_no_yaml(model, tmp_path, override):
    write(tmp_path / "recipe.yaml", {"model_name_or_path": str(model)})
    with pytest.raises(ShopBenchError) as caught:
        check_recipe(tmp_path / "recipe.yaml", [override])
    expect_one_line(caught.value)

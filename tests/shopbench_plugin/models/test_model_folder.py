"""What is no complete model is refused before any library sees it."""

import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.model_folder import check_model_folder, suggest_remedy

CONFIG = {"model_type": "qwen2", "intermediate_size": 384}


def quantized(width, group=128):
    return CONFIG | {"intermediate_size": width, "quantization_config": {"quant_method": "gptq", "group_size": group}}


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "config.json", CONFIG)
    write(tmp_path, "tokenizer_config.json", {"chat_template": "{{ messages }}"})
    write(tmp_path, "tokenizer.json", {})
    save_file({"weight": np.zeros((2, 2), np.float32)}, tmp_path / "model.safetensors")
    return tmp_path


def write(folder, name, content):
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_a_complete_folder_passes(folder):
    check_model_folder(str(folder))


def test_a_hub_name_passes():
    check_model_folder("Qwen/Qwen2-7B-Instruct")


def test_the_chat_template_may_stand_in_a_file_of_its_own(folder):
    write(folder, "tokenizer_config.json", {})
    (folder / "chat_template.jinja").touch()
    check_model_folder(str(folder))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", "no config.json"),
        ("tokenizer_config.json", "no tokenizer_config.json"),
        ("tokenizer.json", "no tokenizer .*copy the base model's"),
        ("model.safetensors", r"no model\.safetensors; the download or the export is incomplete"),
    ],
)
def test_a_missing_file_is_named(folder, name, message):
    (folder / name).unlink()
    with pytest.raises(ShopBenchError, match=message):
        check_model_folder(str(folder))


def test_a_missing_chat_template_is_named(folder):
    write(folder, "tokenizer_config.json", {})
    with pytest.raises(ShopBenchError, match="no chat template; use an instruction-tuned model"):
        check_model_folder(str(folder))


@pytest.mark.parametrize("model", ["missing", "/nowhere/at/all", "outputs/a/b", "./Qwen/model"])
def test_a_missing_folder_is_named(model):
    with pytest.raises(ShopBenchError, match="no such model folder"):
        check_model_folder(model)


def test_a_name_within_a_folder_that_is_here_is_no_hub_name(tmp_path, monkeypatch):
    (tmp_path / "outputs").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ShopBenchError, match="outputs/missing: no such model folder"):
        check_model_folder("outputs/missing")


def test_a_broken_configuration_is_named(folder):
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ShopBenchError, match=r"config\.json: not valid JSON .*; copy or export the model again"):
        check_model_folder(str(folder))


@pytest.mark.parametrize(("width", "gpus"), [(29568, 2), (29568, 8), (320, 1)])
def test_groups_that_have_no_even_share_are_refused(folder, width, gpus):
    write(folder, "config.json", quantized(width))
    with pytest.raises(ShopBenchError, match=rf"intermediate_size {width} .* `shopbench pad` before quantizing"):
        check_model_folder(str(folder), gpus)


@pytest.mark.parametrize(("width", "group", "gpus"), [(29696, 128, 8), (29568, 128, 1), (29568, 64, 2), (29568, -1, 4)])
def test_groups_that_have_one_pass(folder, width, group, gpus):
    write(folder, "config.json", quantized(width, group))
    check_model_folder(str(folder), gpus)


def test_engines_import_nothing_of_the_package_above_them():
    load = "import shopbench_plugin.models.model_folder"
    code = f"import sys; old = set(sys.modules); {load}; print(*set(sys.modules) - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "shopbench_plugin.models.checkpoints" in loaded
    assert [name for name in loaded if name.startswith("shopbench_plugin.llamafactory")] == []


def test_a_model_that_is_no_folder_was_looked_up_on_the_hub(tmp_path):
    assert suggest_remedy(str(tmp_path)) == "fix or export it again"
    assert suggest_remedy("nobody/nothing").startswith("there is no such folder here, so it was looked up on the hub")

"""What is wrong with a recipe stands in one line before LlamaFactory runs it."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from shopbench_plugin.llamafactory.checks.known_keys import read_recipe_keys
from shopbench_plugin.llamafactory.checks.machine import look_at_machine
from shopbench_plugin.llamafactory.checks.registry import check_recipe
from shopbench_plugin.llamafactory.checks.templates import list_templates
from tests.shopbench_plugin.llamafactory.right_recipes import find_problem

WEIGHT = "model.layers.0.mlp.down_proj.weight"
INPUTS = "base_model.model.model.layers.0.mlp.down_proj.lora_A.weight"
OUTPUTS = "base_model.model.model.layers.0.mlp.down_proj.lora_B.weight"


@pytest.fixture(autouse=True)
def may_ask_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub name is a mistake of its own where the environment, as make's, says that no hub is asked."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def write_base(folder: Path, *, width: int = 384, **config: object) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen2"} | config))
    save_file({WEIGHT: np.zeros((128, width), np.float16)}, folder / "model.safetensors")
    return folder


def write_adapter(folder: Path, **tensors: tuple[int, ...]) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{}")
    shapes = {INPUTS: (8, 384), OUTPUTS: (128, 8)} | tensors
    save_file(
        {name: np.zeros(shape, np.float16) for name, shape in shapes.items()}, folder / "adapter_model.safetensors"
    )
    return folder


def write_recipe(folder: Path, **settings: object) -> Path:
    recipe = folder / "recipe.yaml"
    recipe.write_text(json.dumps(settings))  # JSON is YAML
    return recipe


def test_a_recipe_without_fault_passes(tmp_path: Path) -> None:
    base, adapter = write_base(tmp_path / "base"), write_adapter(tmp_path / "adapter")
    recipe = write_recipe(
        tmp_path,
        model_name_or_path=str(base),
        adapter_name_or_path=str(adapter),
        template="qwen2_shopbench",
        export_dir=str(tmp_path / "merged"),
    )
    check_recipe(recipe)


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("lora_rnk=8", "unknown key 'lora_rnk', did you mean 'lora_rank'?"),
        (
            "group_by_length=true",
            "unknown key 'group_by_length', did you mean 'train_sampling_strategy: group_by_length'?",
        ),
        ("flavour=mild", "unknown key 'flavour', which LlamaFactory does not have; remove it"),
        ("template=qwen2_shopbnch", "unknown template 'qwen2_shopbnch', did you mean 'qwen2_shopbench'?"),
        (
            "deepspeed=ds/zero9.json",
            "'deepspeed': no such file: ds/zero9.json; fix the path",
        ),
        ("model_name_or_path=", "'model_name_or_path' is missing; set it to a model folder or a model on the hub"),
        ("nonsense", "'nonsense': not a valid override; write key=value"),
        ("learning_rate=fast", "'learning_rate' must be a number, not 'fast'"),
        ("lora_rank=6.5", "'lora_rank' must be a whole number, not 6.5"),
        ("bf16=maybe", "'bf16' must be true or false, not 'maybe'"),
        ("finetuning_type=lore", "'finetuning_type': unknown value 'lore', did you mean 'lora'?"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(tmp_path: Path, override: str, problem: str) -> None:
    assert find_problem(write_recipe(tmp_path, model_name_or_path="Qwen/Qwen2-7B-Instruct"), override) == problem


def test_a_value_that_llamafactory_takes_is_no_slip(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, model_name_or_path="Qwen/Qwen2-7B-Instruct")
    check_recipe(
        recipe, ["learning_rate=1e-4", "num_train_epochs=2", "warmup_steps=0.03", "bf16=null", "optim=adamw_torch"]
    )


def test_all_problems_come_in_one_line(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, lora_rnk=8, template="qwen9", model_name_or_path=str(tmp_path / "gone"))
    problem = find_problem(recipe)
    assert "\n" not in problem
    assert problem.count("; ") == 3
    assert problem.endswith("gone: no such model folder; check the path, or run the stage that writes it")


def test_a_dataset_must_be_known_and_its_file_there(tmp_path: Path) -> None:
    (tmp_path / "dataset_info.json").write_text('{"shop": {"file_name": "shop.jsonl"}}')
    recipe = write_recipe(
        tmp_path, model_name_or_path="Qwen/Qwen2-7B-Instruct", dataset_dir=str(tmp_path), do_train=True
    )
    assert find_problem(recipe, "dataset=shp") == "unknown dataset 'shp', did you mean 'shop'? Known: shop"
    assert find_problem(recipe, "dataset=shop").endswith(
        "shop.jsonl: the file of dataset 'shop' is missing; run `shopbench convert`"
    )


def test_an_adapter_of_another_model_is_told_by_its_shapes(tmp_path: Path) -> None:
    base, adapter = write_base(tmp_path / "base", width=512), write_adapter(tmp_path / "adapter")
    recipe = write_recipe(tmp_path, model_name_or_path=str(base), adapter_name_or_path=str(adapter))
    assert find_problem(recipe) == (
        f"{adapter}: was trained on a different model than {base}: "
        "model.layers.0.mlp.down_proj.lora_A.weight is for size 384, but the base has 512"
    )


def test_an_adapter_for_a_layer_that_the_base_lacks_is_refused(tmp_path: Path) -> None:
    extra = {"base_model.model.model.layers.7.mlp.down_proj.lora_A.weight": (8, 384)}
    base, adapter = write_base(tmp_path / "base"), write_adapter(tmp_path / "adapter", **extra)
    recipe = write_recipe(tmp_path, model_name_or_path=str(base), adapter_name_or_path=str(adapter))
    assert find_problem(recipe).endswith("it has no model.layers.7.mlp.down_proj.weight")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("model.layers.0.mlp.down_proj.lora_magnitude_vector", (128,)),  # DoRA
        ("model.embed_tokens.lora_embedding_A", (8, 700)),
        ("model.layers.0.mlp.down_proj.oft_R.weight", (12, 496)),
        ("lm_head.weight", (700, 128)),  # of a base that ties it to the embeddings
    ],
)
def test_adapters_of_other_kinds_are_left_to_peft(name: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    base, adapter = (
        write_base(tmp_path / "base"),
        write_adapter(tmp_path / "adapter", **{f"base_model.model.{name}": shape}),
    )
    check_recipe(write_recipe(tmp_path, model_name_or_path=str(base), adapter_name_or_path=str(adapter)), [])


def test_an_adapter_goes_into_no_quantized_model(tmp_path: Path) -> None:
    base, adapter = write_base(tmp_path / "base", quantization_config={"bits": 4}), write_adapter(tmp_path / "adapter")
    recipe = write_recipe(tmp_path, model_name_or_path=str(base), adapter_name_or_path=str(adapter))
    assert "is quantized, so an adapter can't be merged into it" in find_problem(recipe)


def test_a_missing_adapter_is_found_for_a_base_on_the_hub_too(tmp_path: Path) -> None:
    recipe = write_recipe(
        tmp_path, model_name_or_path="Qwen/Qwen2-7B-Instruct", adapter_name_or_path=str(tmp_path / "adapter")
    )
    assert "adapter: has no adapter_config.json; pass the output folder of the training" in find_problem(recipe)


def test_too_little_disk_for_a_merge_keeps_the_old_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    base, output = write_base(tmp_path / "base"), write_base(tmp_path / "merged")
    recipe = write_recipe(tmp_path, model_name_or_path=str(base), export_dir=str(output))
    before = sorted((path.name, path.stat().st_mtime_ns) for path in output.iterdir())
    full = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert "merged: needs about 0.0 GB on disk, but 0.0 GB are free" in find_problem(recipe)
    assert sorted((path.name, path.stat().st_mtime_ns) for path in output.iterdir()) == before


def test_the_keys_read_from_the_source_hold_the_usual_ones() -> None:
    usual = {
        "model_name_or_path",
        "lora_rank",
        "cutoff_len",
        "learning_rate",
        "export_dir",
        "ray_num_workers",
        "use_galore",
    }
    assert usual <= set(read_recipe_keys())
    assert {"qwen", "qwen3_nothink", "qwen2", "qwen2_shopbench"} <= set(list_templates())


@pytest.mark.slow
def test_the_keys_are_those_of_llamafactorys_parser() -> None:
    from dataclasses import fields

    from llamafactory.hparams.parser import _TRAIN_ARGS

    assert set(read_recipe_keys()) == {field.name for one in _TRAIN_ARGS for field in fields(one) if field.init}


def test_a_module_of_another_distribution_counts_as_installed() -> None:
    find_version = look_at_machine().find_version
    assert find_version("numpy") == np.__version__
    assert find_version("json") == "0"  # as tb-nightly's tensorboard, which no distribution is named after
    assert find_version("no_such_package") is None

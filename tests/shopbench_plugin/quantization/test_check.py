"""After GPTQ: nothing of the calibration is left, the model loads in both engines, and what was lost is measured."""

import json
import math
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.quantization.check import Check, ModelFolders, check_quantization
from shopbench_plugin.quantization.clean import remove_calibration_tokens
from shopbench_plugin.quantization.held_out import HeldOut, read_held_out
from shopbench_plugin.quantization.quality import Quality, dequantize_layers
from tests.warm_start import VLLM_MODULES, run_warm


def test_the_calibration_samples_leave_the_settings_and_nothing_else_does(tmp_path: Path) -> None:
    section = {"bits": 4, "dataset": [{"input_ids": [[1, 2]]}, {"input_ids": [[3]]}], "quant_method": "gptq"}
    (tmp_path / "config.json").write_text(json.dumps({"hidden_size": 8, "quantization_config": section}))
    assert remove_calibration_tokens(tmp_path) == 2
    kept = {"hidden_size": 8, "quantization_config": {"bits": 4, "quant_method": "gptq"}}
    assert json.loads((tmp_path / "config.json").read_text()) == kept
    assert remove_calibration_tokens(tmp_path) == 0


def test_the_recipe_tells_which_model_is_meant(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("export_dir: elsewhere\n")
    section = {"bits": 4, "dataset": [{"input_ids": [[1]]}]}
    (tmp_path / "config.json").write_text(json.dumps({"quantization_config": section}))
    arguments = ["clean-quantized", "--recipe", str(tmp_path / "recipe.yaml"), f"export_dir={tmp_path}"]
    assert CliRunner().invoke(app, arguments).output == f"{tmp_path}: removed 1 calibration samples from its config\n"


def test_a_recipe_without_an_export_folder_is_named(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("template: qwen2\n")
    result = CliRunner().invoke(app, ["clean-quantized", "--recipe", str(recipe)])
    assert isinstance(result.exception, ShopBenchError)
    assert str(result.exception) == f"{recipe}: no 'export_dir'; pass --model"


@pytest.mark.parametrize("config", ["{}", '{"quantization_config": null}'])
def test_a_model_that_is_not_quantized_is_neither_cleaned_nor_compared(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ShopBenchError, match="has no 'quantization_config'; this model is not quantized"):
        remove_calibration_tokens(tmp_path)
    with pytest.raises(ShopBenchError, match="has no 'quantization_config'; this model is not quantized"):
        check_quantization(ModelFolders(tmp_path, tmp_path), [], TransformersSettings(model=str(tmp_path)))


def test_a_second_config_without_the_section_has_nothing_to_clean(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"quantization_config": {"bits": 4}}')
    (tmp_path / "quantize_config.json").write_text('{"quantization_config": null}')
    assert remove_calibration_tokens(tmp_path) == 0


@pytest.mark.parametrize(("group_size", "is_refused"), [(-1, True), (128, False)])
def test_an_order_of_columns_that_vllm_would_drop_is_refused(tmp_path: Path, group_size: int, is_refused: bool) -> None:
    section = {"bits": 4, "desc_act": True, "group_size": group_size, "dataset": ["left"]}
    (tmp_path / "config.json").write_text(json.dumps({"quantization_config": section}))
    expected = "vLLM ignores desc_act" if is_refused else "still contains the calibration"
    with pytest.raises(ShopBenchError, match=expected):
        check_quantization(ModelFolders(tmp_path, tmp_path), [], TransformersSettings(model=str(tmp_path)))


def test_held_out_rows_come_from_a_converted_set(tmp_path: Path) -> None:
    path = tmp_path / "val.jsonl"
    rows = [
        {"instruction": "Is it warm?", "input": "a scarf", "output": "1"},
        {"instruction": "Why?", "output": "wool"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_held_out(path, 9) == [HeldOut("Is it warm?\na scarf", "1"), HeldOut("Why?", "wool")]
    assert len(read_held_out(path, 1)) == 1


def test_held_out_rows_come_from_a_development_set_in_the_form_to_be_answered(tmp_path: Path) -> None:
    question = {
        "input_field": "Which three belong together?\n1. tent\n2. peg\n3. pan\n4. mallet\nOutput: ",
        "output_field": [1, 2, 4],
        "task_name": "task9",
        "task_type": "retrieval",
        "metric": "hit rate@3",
        "is_multiple_choice": False,
    }
    path = tmp_path / "development.jsonl"
    path.write_text(json.dumps(question) + "\n")
    assert read_held_out(path, 9) == [HeldOut(question["input_field"], "1,2,4")]


def test_a_row_that_is_neither_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "hello"}\n')
    with pytest.raises(ShopBenchError, match=r"rows.jsonl:1: needs 'instruction' and 'output'"):
        read_held_out(tmp_path / "rows.jsonl", 9)


def make_check(quantized_perplexity: float, quantized_answers: tuple[str, ...]) -> Check:
    merged = Quality("merged", 2.0, ("1", "0", "1", "1"))
    base = Quality("base + adapter", 2.0, ("1", "0", "1", "1"))
    return Check((base, merged, Quality("quantized", quantized_perplexity, quantized_answers)), vllm_agreement=1.0)


@pytest.mark.parametrize(
    ("perplexity", "answers", "losses"),
    [
        (2.1, ("1", "0", "1", "1"), []),
        (2.2, ("1", "0", "1", "1"), ["perplexity rises by 10.0% from merged to quantized, more than 6.0%"]),
        (2.0, ("1", "0", "0", "0"), ["50.0% of the answers stay the same after quantization, less than 75.0%"]),
        (1.5, ("1", "0", "1", "0"), []),
    ],
)
def test_a_loss_past_the_limit_is_stated(perplexity: float, answers: tuple[str, ...], losses: list[str]) -> None:
    assert make_check(perplexity, answers).find_losses(max_rise=0.06, min_agreement=0.75) == losses


def test_values_that_are_not_finite_fail() -> None:
    answers = ("1", "0", "1", "1")
    check = Check((Quality("merged", math.nan, answers), Quality("quantized", math.inf, answers)), vllm_agreement=1.0)
    assert check.find_losses(0.06, 0.75) == [
        "the perplexity of merged is nan",
        "the perplexity of quantized is inf",
    ]


def test_vllm_must_agree_with_transformers() -> None:
    check = replace(make_check(2.0, ("1", "0", "1", "1")), vllm_agreement=0.425)
    assert check.find_losses(0.06, 0.9) == [
        "vLLM and transformers agree on 42.5% of the answers with the same weights, less than 90.0%"
    ]


@pytest.mark.slow
def test_gptq_layers_are_replaced_by_ordinary_ones_with_the_same_weights(quantized_model: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    quantized, dequantized = (AutoModelForCausalLM.from_pretrained(quantized_model, dtype="auto") for _ in range(2))
    replaced = [name for name, layer in dequantized.named_modules() if hasattr(layer, "dequantize_weight")]
    dequantize_layers(dequantized)
    assert len(replaced) == 7 * dequantized.config.num_hidden_layers
    assert {type(dequantized.get_submodule(name)) for name in replaced} == {torch.nn.Linear}
    ids = torch.arange(5, 25).unsqueeze(0)
    with torch.inference_mode():
        expected, found = (model.eval()(ids).logits.float() for model in (quantized, dequantized))
    assert (found - expected).norm() / expected.norm() < 0.02  # two roundings of the same products


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
def test_a_real_gptq_model_is_cleaned_and_checked_against_merged_and_unmerged(
    trained_model: Any, merged_model: Path, quantized_model: Path, tiny_held_out: Path, tmp_path: Path
) -> None:
    model = shutil.copytree(quantized_model, tmp_path / "model")
    folders = ["--quantized", str(model), "--merged", str(merged_model), "--questions", str(tiny_held_out)]
    run = CliRunner().invoke
    early = run(app, ["check-quantized", *folders])
    assert str(early.exception).endswith(f"run shopbench clean-quantized --model {model}")

    assert "removed 32 calibration samples" in run(app, ["clean-quantized", "--model", str(model)]).output
    assert "dataset" not in json.loads((model / "config.json").read_text())["quantization_config"]

    stages = ["--base", str(trained_model.base), "--adapter", str(trained_model.adapter)]
    # A process of its own: vLLM asks for standard output's file number, which a captured one doesn't have.
    shopbench = Path(sys.executable).with_name("shopbench")
    fine = run_warm(VLLM_MODULES, [shopbench, "check-quantized", *folders, *stages], tmp_path, os.environ)
    assert fine.returncode == 0, fine.stderr
    for name in ("base + adapter", "merged", "quantized", "quantized, in vLLM"):
        assert name in fine.stdout

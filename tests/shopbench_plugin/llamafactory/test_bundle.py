"""The recipes that travel with the project: listed, copied, and checked from where they were copied to."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.llamafactory.bundle import find_bundle, list_recipes
from shopbench_plugin.llamafactory.checks.registry import check_recipe

PROJECT = Path(__file__).resolve().parents[3]


def test_every_recipe_is_listed_with_purpose_and_needs() -> None:
    recipes = list(list_recipes(find_bundle()))
    assert len(recipes) == len(list((PROJECT / "llamafactory_configs").glob("*/*.yaml")))
    assert all(recipe.purpose and recipe.needs for recipe in recipes)
    assert "llamafactory_configs/sft/qwen2_7b_qlora.yaml" in CliRunner().invoke(app, ["recipes"]).output


def test_copied_recipes_pass_the_check_once_the_data_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "mine"
    assert CliRunner().invoke(app, ["recipes", "--copy", str(target)]).exit_code == 0
    again = CliRunner().invoke(app, ["recipes", "--copy", str(target)])
    assert isinstance(again.exception, ShopBenchError)
    assert len(read_development_set(target / "data" / "general_questions.jsonl")) == 60
    monkeypatch.chdir(target)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    data = target / "data" / "generated"
    data.mkdir()
    row = '{"instruction": "Is it good?", "input": "a kettle", "output": "yes"}\n'
    (data / "ecinstruct.jsonl").write_text(row * 50)  # of which val_size holds some out
    recipes = [path for path in Path("llamafactory_configs/sft").glob("*.yaml") if path.name.startswith("qwen")]
    problems = {}
    for recipe in recipes:
        try:
            check_recipe(recipe)
        except ShopBenchError as error:
            problems[recipe.name] = str(error).partition(": ")[2]
    fa2 = "'flash_attn': requires the package flash_attn, which is not installed; install it with pip or remove the key"
    assert {name: problem for name, problem in problems.items() if problem != fa2} == {}


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == "shopbench 0.2.0\n"

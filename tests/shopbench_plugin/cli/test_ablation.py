"""`shopbench ablation` on the command line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.errors import ShopBenchError


def run(folder: Path, recipe: str, *flags: str) -> None:
    path = folder / "recipe.yaml"
    path.write_text(recipe, encoding="utf-8")
    CliRunner().invoke(app, ["ablation", "--config", str(path), *flags], catch_exceptions=False)


def test_all_that_is_wrong_with_a_recipe_comes_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError) as caught:
        run(tmp_path, "untunned: base\nscoring: {resample: 5}\n")
    assert str(caught.value) == (
        f"{tmp_path / 'recipe.yaml'}: 'scoring.resample' is an unknown key, did you mean 'resamples'?; "
        "'untunned' is an unknown key, did you mean 'untuned'?"
    )


def test_what_neither_recipe_nor_flag_says_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match=r"nothing says development_set, output_dir: give --development-set, "):
        run(tmp_path, "model: tuned\n", "--input", "questions.jsonl")


def test_a_verdict_needs_resamples(tmp_path: Path) -> None:
    recipe = "{model: m, input: q, development_set: d, output_dir: o, scoring: {resamples: 0}}"
    with pytest.raises(ShopBenchError, match=r"'scoring.resamples' is 0: a verdict needs at least 100"):
        run(tmp_path, recipe)

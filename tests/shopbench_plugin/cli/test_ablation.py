"""`shopbench ablation` on the command line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError


def run(folder: Path, recipe: str, *flags: str) -> None:
    path = folder / "recipe.yaml"
    path.write_text(recipe, encoding="utf-8")
    CliRunner().invoke(app, ["ablation", "--config", str(path), *flags], catch_exceptions=False)


def test_all_that_is_wrong_with_a_recipe_comes_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError) as caught:
        run(tmp_path, "untunned: base\n")
    assert str(caught.value) == (
        f"{tmp_path / 'recipe.yaml'}: 'untunned' is an unknown setting, "
        f"did you mean {tmp_path / 'recipe.yaml'}: 'untuned'?"
    )


def test_what_neither_recipe_nor_flag_says_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match=r"missing settings 'development_set', 'output_dir': pass --dev"):
        run(tmp_path, "model: tuned\n", "--input", "questions.jsonl")


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ("{confidence: 1.0}", "scoring: confidence is 1.0, not between 0 and 1"),
        ("{confidence: .nan, seed: -1}", "scoring: seed is -1, not 0 or more; confidence is nan, not between 0 and 1"),
        ("{english_model: ''}", "scoring: english_model is '', not a model's name or folder"),
    ],
)
def test_what_scoring_could_not_use_shows_before_anything_is_asked(tmp_path: Path, scoring: str, message: str) -> None:
    with pytest.raises(ShopBenchError) as caught:
        run(tmp_path, f"scoring: {scoring}\n")
    assert str(caught.value) == message


def test_a_verdict_needs_resamples(tmp_path: Path) -> None:
    recipe = "{model: m, input: q, development_set: d, output_dir: o, scoring: {resamples: 0}}"
    with pytest.raises(ShopBenchError, match=r"'scoring.resamples' is 0: a verdict needs at least 100"):
        run(tmp_path, recipe)

"""What `shopbench demonstrations` prints, and its one line for every mistake."""

import json
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError

ROW = {
    "input_field": "Which one is a drink?\n0. tea\n1. rug\nAnswer: ",
    "output_field": 0,
    "task_name": "drinks",
    "task_type": "multiple-choice",
    "metric": "accuracy",
}


def show(tmp_path: Path, rows: str, *arguments: str) -> Result:
    development_set = tmp_path / "development.jsonl"
    development_set.write_text(rows, encoding="utf-8")
    return CliRunner().invoke(app, ["demonstrations", "show", "--development-set", str(development_set), *arguments])


def test_show_prints_each_demonstration_with_its_answer(tmp_path):
    result = show(tmp_path, json.dumps(ROW))
    assert result.exit_code == 0
    assert result.output.startswith(
        "multiple-choice: 1\n\n--- 1, drinks\nWhich one is a drink?\n0. tea\n1. rug\nAnswer:\n=> 0\n\nranking: 0\n"
    )


@pytest.mark.parametrize("option", ["model", "engine"])
def test_select_explains_model_and_engine_as_predict_does(option):
    predict = get_command(app).commands["predict"]
    select = get_command(app).commands["demonstrations"].commands["select"]
    [expected], [explained] = (
        [one.help for one in command.params if one.name == option] for command in (predict, select)
    )
    assert explained == expected


@pytest.mark.parametrize(
    ("rows", "arguments", "complaint"),
    [
        (json.dumps(ROW), ["--preset", "few"], "unknown preset 'few', did you mean 'fewshot'?"),
        (json.dumps(ROW), ["--preset", "gone.yaml"], "gone.yaml: cannot be read (No such file or directory)"),
        (json.dumps(ROW) + "\n{", [], "development.jsonl:2: not valid JSON"),
        (json.dumps(ROW | {"task_type": "generation"}), ["--preset", "fewshot"], "must be a string or a list of"),
    ],
)
def test_a_mistake_is_one_error_that_names_the_place(tmp_path, rows, arguments, complaint):
    result = show(tmp_path, rows, *arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, ShopBenchError)
    assert complaint in str(result.exception)
    assert "\n" not in str(result.exception)


def test_select_uses_the_recipes_preset_unless_a_flag_names_one(tmp_path):
    development_set, recipe = tmp_path / "development.jsonl", tmp_path / "recipe.yaml"
    development_set.write_text(json.dumps(ROW), encoding="utf-8")
    recipe.write_text("model: none\nengine: transformers\npreset: zero-shot\n", encoding="utf-8")
    arguments = ["--development-set", str(development_set), "--output", str(tmp_path / "mine.yaml")]

    def select(*flags):
        result = CliRunner().invoke(app, ["demonstrations", "select", *arguments, "--config", str(recipe), *flags])
        return str(result.exception)

    assert select().startswith("preset zero-shot has no demonstrations to select")
    assert select("--preset", "gone.yaml").startswith("gone.yaml: cannot be read")

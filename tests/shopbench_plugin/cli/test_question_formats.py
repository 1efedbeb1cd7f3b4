"""Every command that takes questions takes Shopping MMLU's files by their path alone."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app

ROWS = [
    {
        "input_field": f"Which one is a {word}?\n0. tea\n1. rug\nAnswer: ",
        "output_field": answer,
        "task_name": word,
        "task_type": "multiple-choice",
        "metric": "accuracy",
    }
    for word, answer in (("drink", 0), ("carpet", 1))
]


@pytest.fixture
def skill_file(tmp_path: Path) -> Path:
    """A skill file: neither track nor `is_multiple_choice`."""
    path = tmp_path / "skill2_reasoning.json"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    """What the benchmark's own scripts write: answers in order."""
    path = tmp_path / "predictions.jsonl"
    path.write_text('{"model_output": "0"}\n{"model_output": "0"}\n')
    return path


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exception is None, done.exception
    return done.output


def test_route_uses_the_type_that_the_file_tells(skill_file: Path, tmp_path: Path) -> None:
    run("route", "--input", skill_file, "--output", tmp_path / "routes.jsonl")
    routes = [json.loads(line) for line in (tmp_path / "routes.jsonl").read_text().splitlines()]
    assert [route["task_type"] for route in routes] == ["multiple-choice", "multiple-choice"]


def test_demonstrations_are_taken_from_it(skill_file: Path) -> None:
    assert "=> 0" in run("demonstrations", "show", "--development-set", skill_file)


def test_evaluate_and_compare_score_against_it(skill_file: Path, predictions: Path, tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    run("evaluate", "--predictions", predictions, "--reference", skill_file, "--json", scores)
    found = json.loads(scores.read_text())
    assert {name: task["score"] for name, task in found["tasks"].items()} == {"drink": 1.0, "carpet": 0.0}
    assert found["tracks"] == {"amazon-kdd-cup-24-shopping-knowledge-reasoning": 0.5}
    other = tmp_path / "other.jsonl"
    other.write_text(predictions.read_text())
    printed = run("compare", "--predictions", predictions, "--predictions", other, "--reference", skill_file)
    assert "0.500" in printed


def test_convert_writes_its_questions_as_training_rows(skill_file: Path, tmp_path: Path) -> None:
    run("convert", "--source", skill_file, "--output-dir", tmp_path / "data", "--name", "mmlu")
    rows = [json.loads(line) for line in (tmp_path / "data" / "mmlu.jsonl").read_text().splitlines()]
    assert sorted((row["instruction"].split("\n")[0], row["output"]) for row in rows) == [
        ("Which one is a carpet?", "1"),
        ("Which one is a drink?", "0"),
    ]


def test_partial_routes_and_scores_what_is_left_of_a_broken_folder(skill_file: Path, tmp_path: Path) -> None:
    skills = tmp_path / "data" / "skills"
    skills.mkdir(parents=True)
    text = skill_file.read_text()
    for number, name in ((1, "concept"), (2, "reasoning"), (4, "multilingual")):
        (skills / f"skill{number}_{name}.json").write_text(
            text.replace("carpet", f"carpet{number}").replace("drink", f"drink{number}")
        )
    (skills / "skill1_concept.json").write_text("")
    (skills / "skill2_reasoning.json").write_text(text + '{"input_field": "Which')
    routes = tmp_path / "routes.jsonl"
    failed = CliRunner().invoke(app, ["route", "--input", str(tmp_path / "data"), "--output", str(routes)])
    assert "skills/ contains no file of skill 3 (skill3_*.json); add it, or continue without it: --partial" in str(
        failed.exception
    )
    assert not routes.exists()

    printed = run("route", "--input", tmp_path / "data", "--output", routes, "--partial")
    assert len(routes.read_text().splitlines()) == 4
    for problem in (
        "no file of skill 3",
        "skill1_concept.json: contains no rows",
        "skill2_reasoning.json:3: not valid",
    ):
        assert f"left out: {tmp_path / 'data'}" in printed
        assert problem in printed

    answers = tmp_path / "answers.jsonl"
    rows = [json.loads(line) for line in routes.read_text().splitlines()]
    answers.write_text(
        "".join(json.dumps({"input_field": row["input_field"], "prediction": "0"}) + "\n" for row in rows)
    )
    scores = tmp_path / "scores.json"
    run("evaluate", "--predictions", answers, "--reference", tmp_path / "data", "--json", scores, "--partial")
    found = json.loads(scores.read_text())
    assert sorted(found["tasks"]) == ["carpet", "carpet4", "drink", "drink4"]

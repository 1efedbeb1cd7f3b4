"""`shopbench route` on the command line."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError

QUESTIONS = [
    {"input_field": "Which is a fruit?\n0. pear\n1. lamp\nAnswer: ", "is_multiple_choice": True},
    {"input_field": "lamp", "is_multiple_choice": False, "task_type": "ranking"},
    {"input_field": "tea\n1. a\n2. b", "is_multiple_choice": False, "route_as": "retrieval"},
]


def run(folder: Path, rows: list[dict[str, object]]) -> Result:
    source = folder / "questions.jsonl"
    source.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return CliRunner().invoke(app, ["route", "--input", str(source), "--output", str(folder / "routes.jsonl")])


def test_every_question_gets_a_row_in_input_order(tmp_path: Path) -> None:
    result = run(tmp_path, QUESTIONS)
    assert result.exit_code == 0
    rows = [orjson.loads(line) for line in (tmp_path / "routes.jsonl").read_bytes().splitlines()]
    assert [row["input_field"] for row in rows] == [question["input_field"] for question in QUESTIONS]
    assert rows[0] == {
        "input_field": QUESTIONS[0]["input_field"],
        "task_type": "multiple-choice",
        "rule": "told to be multiple choice",
        "is_sure": True,
        "labels": ["0", "1"],
        "texts": ["pear", "lamp"],
        "count": 1,
        "passage": None,
    }
    assert (rows[1]["task_type"], rows[1]["is_sure"]) == ("generation", False)
    assert (rows[2]["task_type"], rows[2]["rule"]) == ("retrieval", "given with the question")


def test_the_table_counts_unsure_and_misrouted_questions(tmp_path: Path) -> None:
    lines = run(tmp_path, QUESTIONS).stderr.splitlines()
    totals = next(line for line in lines if "all " in line)
    assert [cell for cell in totals.replace("│", " ").split() if cell.isdigit()] == ["3", "1", "1"]


def test_an_unknown_type_in_route_as_names_the_line_and_the_closest_type(tmp_path: Path) -> None:
    result = run(tmp_path, [*QUESTIONS, {"input_field": "x", "route_as": "rankin"}])
    assert isinstance(result.exception, ShopBenchError)
    assert "questions.jsonl:4: unknown route_as 'rankin', did you mean 'ranking'?" in str(result.exception)
    assert not (tmp_path / "routes.jsonl").exists()


def test_a_missing_file_is_one_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["route", "--input", str(tmp_path / "none.jsonl"), "--output", str(tmp_path / "routes.jsonl")]
    )
    with pytest.raises(ShopBenchError, match=r"none\.jsonl: cannot be read"):
        raise result.exception or AssertionError


def make_many(count: int) -> list[dict[str, object]]:
    return [QUESTIONS[0] | {"input_field": f"{number}. {QUESTIONS[0]['input_field']}"} for number in range(count)]


def test_many_questions_keep_their_order_over_processes(tmp_path: Path) -> None:
    result = run(tmp_path, make_many(1_300))
    assert result.exit_code == 0
    rows = [orjson.loads(line) for line in (tmp_path / "routes.jsonl").read_bytes().splitlines()]
    assert [row["input_field"] for row in rows] == [question["input_field"] for question in make_many(1_300)]
    assert {tuple(row["labels"]) for row in rows} == {("0", "1")}


def test_a_broken_row_among_many_is_one_error(tmp_path: Path) -> None:
    result = run(tmp_path, [*make_many(1_200), {"input_field": "x", "route_as": "rankin"}])
    assert isinstance(result.exception, ShopBenchError)
    assert "questions.jsonl:1201: unknown route_as 'rankin', did you mean 'ranking'?" in str(result.exception)
    assert not (tmp_path / "routes.jsonl").exists()

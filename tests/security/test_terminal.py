"""What datasets say gets to a terminal as text: no escape sequence, no markup."""

import json
import re

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError, make_printable

EVIL = "\x1b[2J\x1b]0;owned\x07[/red][link=http://example.org]x"

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def run(*arguments):
    """Return all that a command prints on a terminal, an error's message included, but for typer's own colours."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], color=True)  # else typer drops them all
    assert done.exception is None or isinstance(done.exception, ShopBenchError | SystemExit), done.exception
    return _COLOUR.sub("", done.output) + str(done.exception or "")


@pytest.fixture
def development_set(tmp_path):
    rows = [
        {
            "input_field": f"Which is a drink?\n0. soap {EVIL}\n1. tea\nAnswer: ",
            "output_field": 1,
            "task_name": EVIL,
            "task_type": "multiple-choice",
            "metric": "accuracy",
            "track": EVIL,
            "is_multiple_choice": True,
            "prediction": "1",
        }
    ]
    path = tmp_path / "development.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def ecinstruct(tmp_path):
    good = {"task": "Answer_Generation", "split": "train", "setting": EVIL, "instruction": EVIL, "input": EVIL}
    rows = [good | {"output": EVIL}, good | {"output": EVIL, "task": EVIL}, good | {"output": EVIL, "split": EVIL}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_scores_of_a_task_with_an_evil_name(development_set):
    printed = run("evaluate", "--predictions", development_set, "--reference", development_set)
    assert "owned" in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed


def test_notes_that_quote_evil_questions(development_set, tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text(development_set.read_text(encoding="utf-8") + json.dumps({"input_field": EVIL}) + "\n")
    printed = run("evaluate", "--predictions", other, "--reference", development_set, "--partial")
    assert "partial: 1 foreign questions" in printed
    assert "owned" in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed


@pytest.mark.parametrize("options", [[], ["--overview"]])
def test_runs_with_evil_names(development_set, tmp_path, options):
    runs = [tmp_path / f"{name} {EVIL.replace('/', ':')}.jsonl" for name in ("one", "two")]
    for path in runs:
        path.write_bytes(development_set.read_bytes() * 2)
    predictions = [part for path in runs for part in ("--predictions", path)]
    printed = run("compare", *predictions, "--reference", development_set, "--partial", *options)
    assert "owned" in printed
    assert "[:red]" in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed


def test_demonstrations_with_evil_texts(development_set):
    printed = run("demonstrations", "show", "--development-set", development_set)
    assert "owned" in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed


@pytest.mark.parametrize("source", ["development_set", "ecinstruct"])
def test_conversions_of_rows_with_evil_names(source, tmp_path, request):
    path = request.getfixturevalue(source)
    printed = run("convert", "--source", path, "--output-dir", tmp_path / "out")
    printed += run("inspect", "--input", path)
    assert "owned" in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed


def test_scores_of_ecinstruct_settings_with_evil_names(tmp_path):
    row = {"task": "Product_Matching", "instruction": "Judge.", "input": "hat", "output": "no", "setting": EVIL}
    reference, predictions = tmp_path / "rows.jsonl", tmp_path / "predictions.jsonl"
    reference.write_text(json.dumps(row) + "\n", encoding="utf-8")
    predictions.write_text(json.dumps({"input_field": "Judge. hat", "prediction": "no"}) + "\n", encoding="utf-8")
    printed = run("evaluate-ecinstruct", "--predictions", predictions, "--reference", reference)
    assert "owned" in printed
    assert "[/red]" in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed


def test_an_error_about_an_evil_name(ecinstruct, development_set):
    printed = run("evaluate", "--predictions", ecinstruct, "--reference", development_set)
    printed += run("convert", "--source", f"/nowhere/{EVIL}", "--output-dir", ecinstruct.parent / "out")
    assert "owned" in printed
    assert "\x1b" not in printed


def test_line_ends_stay_where_they_are_wanted():
    assert make_printable("a\tb\r\nc", kept="\n\t") == "a\tb\\r\nc"

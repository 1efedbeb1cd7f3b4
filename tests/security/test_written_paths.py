"""Names that come from data, arguments and models lead to no file outside the folders that were given."""

import json
from pathlib import Path

import pytest

from converters.convert import convert
from converters.settings import ConversionSettings
from shopbench_plugin.__main__ import run
from shopbench_plugin.core.errors import ShopBenchError

ELSEWHERE = ["../out", "../../out", "/tmp/out", "a/../../out", "..", ".hidden", "a\\b"]  # noqa: S108  never written
NO_NAMES = ["", " ", "two\nlines", "zero\0byte", "a,b", "x" * 300]
ODD_NAMES = [*ELSEWHERE, "C:\\out", "con", "two\nlines", "zero\0byte", "x" * 5_000]
ODD_NAMES += ["$(touch out)", "[/red]", "%s", "\x1b[2J"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder to write to, beside which nothing else may appear."""
    working = tmp_path / "working" / "place"
    working.mkdir(parents=True)
    monkeypatch.chdir(working)
    return working / "given"


def list_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def write_rows(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def make_row(**fields):
    return {
        "task": "Answer_Generation",
        "split": "train",
        "setting": "IND_Diverse_Instruction",
        "instruction": "Answer the shopper.",
        "input": "Does it keep tea warm?",
        "options": "",
        "output": "Yes, for two hours.",
    } | fields


@pytest.mark.parametrize("name", [*ELSEWHERE, *NO_NAMES])
def test_a_data_set_is_called_nothing_that_is_a_path_or_no_name(folder, tmp_path, name):
    rows = write_rows(tmp_path / "rows.jsonl", [make_row()])
    with pytest.raises(ShopBenchError, match="is not a valid dataset name"):
        convert(ConversionSettings((str(rows),)), folder, name)
    assert list_files(tmp_path) == {"rows.jsonl", "working", "working/place"}


def test_names_in_the_data_name_no_file(folder, tmp_path):
    questions = [
        {"input_field": f"Name {number}.", "output_field": "x", "task_type": "generation", "task_name": name}
        for number, name in enumerate(ODD_NAMES)
    ]
    rows = [make_row(setting=name, input=name) for name in ODD_NAMES]
    splits = [make_row(split=name, task=name) for name in ODD_NAMES]
    source = write_rows(tmp_path / "rows.jsonl", [*questions, *rows, *splits])
    report = convert(ConversionSettings((str(source),)), folder, "set")
    assert report.rows["written"] == len(questions) + 2 * len(rows)
    assert list_files(tmp_path) == {
        "rows.jsonl",
        "working",
        "working/place",
        "working/place/given",
        *(f"working/place/given/{name}" for name in ("set.jsonl", "set.report.json", "dataset_info.json")),
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("route", "--input", "questions.jsonl", "--output", "LONG"),
        ("route", "--input", "LONG", "--output", "out.jsonl"),
        ("convert", "--source", "questions.jsonl", "--output-dir", "LONG"),
        ("convert", "--source", "LONG", "--output-dir", "out"),
        ("evaluate", "--predictions", "LONG", "--reference", "questions.jsonl"),
        ("predict", "--model", "LONG", "--input", "questions.jsonl", "--output", "out.jsonl"),
        ("predict", "--model", "m", "--input", "questions.jsonl", "--output", "out.jsonl", "--preset", "LONG"),
        ("check", "LONG"),
    ],
    ids=" ".join,
)
def test_a_name_that_no_file_system_takes_is_an_error_of_one_line(folder, monkeypatch, capsys, arguments):
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_rows(folder / "questions.jsonl", [{"input_field": "What is tea?"}])
    monkeypatch.setattr("sys.argv", ["shopbench", *(name.replace("LONG", "x" * 3_000) for name in arguments)])
    with pytest.raises(SystemExit) as end:
        run()
    assert end.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert list_files(folder) == {"questions.jsonl"}


@pytest.mark.parametrize("name", ["../out", "/out", "..", "a/../b"])
def test_a_path_is_no_hub_id(name):
    from converters.sources.opening import read_source

    with pytest.raises(ShopBenchError, match="no such file"):
        list(read_source(f"/nowhere/{name}"))

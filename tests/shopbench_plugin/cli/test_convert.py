"""The commands convert, inspect and calibrate, as a user runs them."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import shopbench

PROGRAM = [sys.executable, "-m", "shopbench_plugin"]
REVIEW = {
    "instruction": "How does the reviewer feel? Answer with A, B or C.",
    "input": "It leaks.",
    "options": '["A: very positive", "B: neutral", "C: very negative"]',
    "output": "C",
    "task": "Sentiment_Analysis",
    "split": "train",
    "setting": "IND_Diverse_Instruction",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.jsonl"
    path.write_text(json.dumps(REVIEW) + "\n" + json.dumps({**REVIEW, "split": "test"}) + "\n", encoding="utf-8")
    return path


def test_convert_writes_data_report_and_entry_and_prints_a_table(source, tmp_path):
    done = shopbench("convert", "--source", source, "--output-dir", tmp_path / "out", "--name", "set")

    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "dataset_info.json",
        "set.jsonl",
        "set.report.json",
    ]
    assert "Sentiment_Analysis" in done.stdout
    assert "leak: 1 samples are in both train and test" in done.stdout
    assert "answers of Sentiment_Analysis: 1: 2" in done.stdout


def test_flags_choose_splits_repeats_and_originals(source, tmp_path):
    rows = []
    for flags in (["--splits", "train"], ["--remove-repeats"], ["--no-originals"]):
        shopbench("convert", "--source", source, "--output-dir", tmp_path, "--name", "set", *flags)
        rows.append(json.loads((tmp_path / "set.report.json").read_text(encoding="utf-8"))["rows"])

    assert [row["converted"] for row in rows] == [1, 1, 2]
    assert [row["written"] for row in rows] == [2, 2, 2]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--source", "nothing.jsonl"], "error: nothing.jsonl: no such file or folder"),
        (["--splits", "train,hold"], "error: --splits: unknown split 'hold'"),
        (["--settings", "IND_Divers"], "error: --settings: unknown setting 'IND_Divers', did you mean 'IND_Diverse_"),
        (["--splits", "val"], "error: {source}: none of the 2 rows read can be converted; 2 belong to other --splits"),
        (["--sample", "0"], "error: --sample 0: must be at least 1"),
        (["--weight", "1", "--weight", "2"], "error: --weight: pass one for every --source"),
        (["--development-set", "no.jsonl"], "error: no.jsonl: cannot be read"),
        (["--swaps", "no.yaml"], "error: no.yaml: cannot be read"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(source, tmp_path, flags, message):
    arguments = flags if "--source" in flags else ["--source", source, *flags]
    done = shopbench("convert", *arguments, "--output-dir", tmp_path / "new" / "out")

    assert done.returncode == 1
    assert done.stderr.startswith(message.format(source=source))
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_failed_convert_leaves_the_folder_that_was_there(source, tmp_path):
    (tmp_path / "out").mkdir()

    assert shopbench("convert", "--source", source, "--output-dir", tmp_path / "out", "--splits", "val").returncode == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_is_no_output_folder(source):
    done = shopbench("convert", "--source", source, "--output-dir", source)

    assert (done.returncode, done.stderr) == (1, f"error: --output-dir {source}: is a file; choose a folder\n")


def test_a_missing_option_is_status_2(source):
    assert shopbench("convert", "--source", source).returncode == 2


def test_a_disk_that_fills_up_is_one_line_and_leaves_what_was_there(tmp_path):
    source, output = tmp_path / "source.jsonl", tmp_path / "out"
    rows = [{**REVIEW, "input": f"{number} " + "leaks " * 100} for number in range(500)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert shopbench("convert", "--source", source, "--output-dir", output).returncode == 0
    before = {path.name: path.read_bytes() for path in output.iterdir()}
    done = subprocess.run(
        [*PROGRAM, "convert", "--source", source, "--output-dir", output],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot be written" in done.stderr
    assert {path.name: path.read_bytes() for path in output.iterdir()} == before


def test_inspect_shows_before_and_after(source):
    done = shopbench("inspect", "--input", source, "--task", "Sentiment_Analysis", "-n", 1)

    assert done.returncode == 0
    before, after = done.stdout.split("--- becomes\n")
    assert before.endswith('"C: very negative"]\n--> C\n')
    assert after.endswith("\nReview: It leaks.\nAnswer: \n--> 1\n\n")


def test_calibrate_writes_texts(source, tmp_path):
    shopbench("convert", "--source", source, "--output-dir", tmp_path, "--name", "set")
    done = shopbench("calibrate", "--input", tmp_path / "set.jsonl", "--output", tmp_path / "texts.jsonl", "--texts", 3)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path / 'texts.jsonl'}: 3 texts, from ")
    assert len((tmp_path / "texts.jsonl").read_text(encoding="utf-8").splitlines()) == 3

"""What a path or a hub id opens: folders that tell task and split, published questions, and what can't be read."""

import gzip
import json
import zipfile

import pytest

from converters.sources.opening import read_hub, read_source
from shopbench_plugin.core.errors import ShopBenchError
from tests.converters.sources.source_files import read_rows, write_array, write_parquet


def test_a_folder_tells_task_setting_and_split(rows, records, tmp_path):
    folder = tmp_path / "ECInstruct"
    for record in records:
        path = folder / record["task"] / record["setting"] / f"{record['split']}.json"
        path.parent.mkdir(parents=True)
        told_by_path = ("task", "setting", "split")
        write_array(path, [{key: value for key, value in record.items() if key not in told_by_path}])

    assert sorted(map(repr, read_rows(read_source(str(folder))))) == sorted(map(repr, rows))
    of_one_task = read_rows(read_source(str(folder / "Answer_Generation")))
    assert of_one_task == [row for row in rows if row.task.name == "Answer_Generation"]
    one_file = folder / "Answer_Generation" / "IND_Diverse_Instruction" / "train.json"
    assert read_rows(read_source(str(one_file))) == of_one_task


def test_a_file_of_the_working_folder_is_told_by_the_folders_above_it(records, tmp_path, monkeypatch):
    folder = tmp_path / "Product_Matching" / "IND_Diverse_Instruction"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    [record] = [record for record in records if record["task"] == "Product_Matching"]
    path = write_array(folder / "test.json", [{name: record[name] for name in ("instruction", "input", "output")}])

    [row] = read_rows(read_source(path.name))
    assert (row.task.name, row.setting, row.split) == ("Product_Matching", "IND_Diverse_Instruction", "test")


@pytest.mark.slow
def test_the_hub_reader_gives_the_same_rows(rows, records, tmp_path):
    pytest.importorskip("datasets")
    folder = tmp_path / "dataset"
    folder.mkdir()
    write_parquet(folder / "train.parquet", records)

    assert read_rows(read_hub(str(folder))) == rows


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.jsonl", b"", "contains no rows"),
        ("blank.jsonl", b"\n \n\n", "contains no rows"),
        ("utf16.jsonl", '{"a": 1}'.encode("utf-16"), "is encoded in UTF-16; save it as UTF-8"),
        ("short.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 1000, mtime=0)[:-9], "not a complete gzip file"),
        ("no.parquet", b"PAR1 and nothing else", "not readable as Parquet"),
    ],
)
def test_an_unreadable_file_is_one_error(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ShopBenchError, match=message) as caught:
        list(read_source(str(path)))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ShopBenchError, match="no such file or folder; pass a path, or a hub id"):
        list(read_source(str(tmp_path / "nothing.jsonl")))
    with pytest.raises(ShopBenchError, match="no such file"):
        list(read_source("folder/nothing.jsonl"))


def test_a_folder_without_data_is_named(tmp_path):
    with pytest.raises(
        ShopBenchError, match=r"contains no \.json, \.jsonl, \.ndjson, \.csv, \.parquet, \.arrow or \.gz file"
    ):
        list(read_source(str(tmp_path)))


def test_what_a_conversion_writes_beside_its_data_is_no_data(rows, source, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    source.rename(folder / "set.jsonl")
    (folder / "set.report.json").write_text('{"output": "set.jsonl"}')
    (folder / "dataset_info.json").write_text('{"set": {}}')

    assert read_rows(read_source(str(folder))) == rows


def test_a_path_in_a_folder_that_exists_is_no_hub_id(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows").mkdir()
    with pytest.raises(ShopBenchError, match="rows/tset: no such file or folder"):
        list(read_source("rows/tset"))


@pytest.mark.parametrize("kind", ["skills", "tasks", "zip"])
def test_published_questions_convert_by_their_path_alone(tmp_path, kind):
    """Shopping MMLU's files name types and answers otherwise than ShopBench's form, and an archive holds them all."""
    skill = {
        "input_field": "Which keeps tea warm?\n0. sieve\n1. cosy\nAnswer: ",
        "output_field": 1,
        "task_name": "warmth",
        "task_type": "multiple-choice",
        "metric": "accuracy",
    }
    folder = tmp_path / "data"
    if kind == "tasks":
        path = folder / "multiple_choice" / "warmth_dataset.csv"
        path.parent.mkdir(parents=True)
        path.write_text("question,choices,answer\nWhich keeps tea warm?,\"['sieve', 'cosy']\",1\n")
    else:
        path = folder / "skills" / "skill1_concept.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(skill) + "\n")
    if kind == "zip":
        path = tmp_path / "data.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(1, 5):
                archive.writestr(f"data/skills/skill{number}_x.json", json.dumps(skill) + "\n")
    rows = [row for block in read_source(str(path)) for row in block.rows()]
    assert {(row["input_field"], row["output_field"], str(row["task_type"])) for row in rows} == {
        ("Which keeps tea warm?\n0. sieve\n1. cosy\nAnswer: ", 1, "multiple-choice")
    }
    assert len(rows) == (4 if kind == "zip" else 1)


def test_an_archive_is_the_same_rows(rows, records, tmp_path):
    folder = tmp_path / "ECInstruct.zip"
    with zipfile.ZipFile(folder, "w") as archive:
        for record in records:
            name = f"{record['task']}/{record['setting']}/{record['split']}.json"
            columns = {key: record[key] for key in ("instruction", "input", "options", "output")}
            archive.writestr(name, json.dumps([columns]))

    assert sorted(map(repr, read_rows(read_source(str(folder))))) == sorted(map(repr, rows))

"""Whatever the file form, the rows are the same."""

import csv
import gzip
import json
import os
import zipfile
from threading import Thread

import pytest

from converters.forms.ecinstruct import read_row
from converters.sources import blocks, documents, json_files
from converters.sources.blocks import TOO_LONG, Stretch, number_rows
from converters.sources.hub import read_hub
from converters.sources.opening import read_source
from converters.sources.records import parse_record
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import RowError
from shopbench_plugin.storage import rows as storage_rows


def read_rows(blocks):
    records = [parse_record(raw, block.defaults) for block in blocks for raw in block.rows()]
    return [read_row(record) for record in records if record is not None]


@pytest.fixture
def rows(source):
    return read_rows(read_source(str(source)))


def write_array(path, records, **options):
    path.write_text(json.dumps(records, ensure_ascii=False, **options), encoding="utf-8")
    return path


def write_parquet(path, records):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(records), path)
    return path


def test_an_array_is_the_same_rows(rows, records, tmp_path):
    assert read_rows(read_source(str(write_array(tmp_path / "a.json", records)))) == rows
    assert read_rows(read_source(str(write_array(tmp_path / "b.json", records, indent=2)))) == rows


def test_gzip_is_the_same_rows(rows, records, source, tmp_path):
    lines, array = tmp_path / "a.jsonl.gz", tmp_path / "b.json.gz"
    lines.write_bytes(gzip.compress(source.read_bytes()))
    array.write_bytes(gzip.compress(json.dumps(records).encode()))

    assert read_rows(read_source(str(lines))) == rows
    assert read_rows(read_source(str(array))) == rows


def test_parquet_is_the_same_rows(rows, records, tmp_path):
    assert read_rows(read_source(str(write_parquet(tmp_path / "a.parquet", records)))) == rows
    assert read_rows(read_source(str(write_parquet(tmp_path / "named_otherwise", records)))) == rows


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


def test_a_mark_at_the_start_and_windows_line_ends_change_nothing(rows, source, tmp_path):
    path = tmp_path / "windows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + source.read_bytes().replace(b"\n", b"\r\n"))

    assert read_rows(read_source(str(path))) == rows


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
@pytest.mark.parametrize("form", ["lines", "array", "indented array"])
def test_the_size_of_a_block_changes_nothing(source, records, monkeypatch, size, form):
    rows = read_rows(read_source(str(source)))
    if form != "lines":
        write_array(source, records, indent=1 if form == "indented array" else None)
    monkeypatch.setattr(json_files, "BLOCK_BYTES", size)
    monkeypatch.setattr(storage_rows, "PIECE_BYTES", size)

    assert read_rows(read_source(str(source))) == rows


def test_rows_are_numbered_from_block_to_block(source, monkeypatch):
    monkeypatch.setattr(json_files, "BLOCK_BYTES", 500)
    blocks = list(read_source(str(source)))
    lines = source.read_bytes().splitlines(keepends=True)

    assert len(blocks) > 2
    assert list(number_rows(blocks)) == [(f"{source}:{number}", line, ()) for number, line in enumerate(lines, 1)]


def test_every_file_has_numbers_of_its_own(tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(b'{"a": 1}\n{"b": 2}\n')

    places = [row.place for row in number_rows(read_source(str(tmp_path)))]

    assert places == [f"{tmp_path / name}:{number}" for name in ("a.jsonl", "b.jsonl") for number in (1, 2)]


def test_blank_lines_have_a_number_but_are_no_rows(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"a": 1}\n\n \t\r\n{"b": 2}\n\n')

    numbered = [(place, parse_record(raw)) for place, raw, _ in number_rows(read_source(str(tmp_path / "a.jsonl")))]

    assert [(place.rpartition(":")[2], record) for place, record in numbered if record] == [
        ("1", {"a": 1}),
        ("4", {"b": 2}),
    ]
    assert len(numbered) == 5


def test_plain_lines_stay_in_their_file_until_they_are_converted(source):
    [block] = read_source(str(source))

    assert block.content == Stretch(0, source.stat().st_size)


def test_a_file_that_shrinks_under_way_is_one_error(source):
    [block] = read_source(str(source))
    source.write_bytes(source.read_bytes()[:-9])

    with pytest.raises(ShopBenchError, match=f"{source}: got shorter while it was read"):
        list(block.rows())
    source.unlink()
    with pytest.raises(ShopBenchError, match=f"{source}: cannot be read"):
        list(block.rows())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_the_same_rows(rows, source, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(source.read_bytes(),))
    writer.start()

    assert read_rows(read_source(str(pipe))) == rows
    writer.join()


@pytest.mark.parametrize("rest", ["", "]]", '] {"more": 1}'])
def test_a_broken_array_gives_its_whole_rows_and_a_broken_one(rows, records, tmp_path, rest):
    path = tmp_path / "broken.json"
    text = json.dumps(records, ensure_ascii=False)
    path.write_text((text[:-20] if not rest else text[:-1]) + rest, encoding="utf-8")

    with pytest.raises(RowError):
        read_rows(read_source(str(path)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.jsonl", b"", "holds no row"),
        ("blank.jsonl", b"\n \n\n", "holds no row"),
        ("utf16.jsonl", '{"a": 1}'.encode("utf-16"), "is encoded in UTF-16; save it as UTF-8"),
        ("short.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 1000, mtime=0)[:-9], "not a whole gzip file"),
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
    with pytest.raises(ShopBenchError, match="no such file or folder; give a path, or a hub id"):
        list(read_source(str(tmp_path / "nothing.jsonl")))
    with pytest.raises(ShopBenchError, match="no such file"):
        list(read_source("folder/nothing.jsonl"))


def test_a_folder_without_data_is_named(tmp_path):
    with pytest.raises(
        ShopBenchError, match=r"holds no \.json, \.jsonl, \.ndjson, \.gz, \.parquet, \.arrow or \.csv file"
    ):
        list(read_source(str(tmp_path)))


def test_what_a_conversion_writes_beside_its_data_is_no_data(rows, source, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    source.rename(folder / "set.jsonl")
    (folder / "set.report.json").write_text('{"output": "set.jsonl"}')
    (folder / "dataset_info.json").write_text('{"set": {}}')

    assert read_rows(read_source(str(folder))) == rows


def test_a_row_of_parquet_that_is_not_utf_8_is_rejected_alone(rows, records, tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pylist([*records[:2], records[0]])
    outputs = [*(record["output"].encode() for record in records[:2]), b"\xff broken"]
    column = pa.array(outputs, pa.binary()).view(pa.string())
    table = table.set_column(table.column_names.index("output"), "output", column)
    parquet.write_table(table, tmp_path / "a.parquet")
    *whole, broken = [raw for block in read_source(str(tmp_path / "a.parquet")) for raw in block.rows()]
    assert [row["output"] for row in whole] == [record["output"] for record in records[:2]]
    with pytest.raises(RowError, match="is not UTF-8"):
        parse_record(broken)


def write_csv(path, records):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, records[0])
        writer.writeheader()
        writer.writerows(records)
    return path


def turn(records):
    return {name: {str(place): record[name] for place, record in enumerate(records)} for name in records[0]}


EXPORTS = {
    "records": lambda records: {"train": records},
    "columns": turn,
    "index": lambda records: {str(place): record for place, record in enumerate(records)},
    "split": lambda records: {"columns": [*records[0]], "index": [], "data": [[*one.values()] for one in records]},
    "table": lambda records: {"schema": {"fields": []}, "data": records},
    "list": lambda records: {name: [record[name] for record in records] for name in records[0]},
}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("export", EXPORTS)
def test_one_object_with_all_rows_is_the_same_rows(rows, records, tmp_path, export, indent):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(EXPORTS[export](records), indent=indent), encoding="utf-8")

    assert read_rows(read_source(str(path))) == rows


def test_a_key_that_is_a_split_tells_it(records, tmp_path):
    for record in records:
        del record["split"]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"validation": records[:2], "test": records[2:]}), encoding="utf-8")

    assert [row.split for row in read_rows(read_source(str(path)))] == ["val"] * 2 + ["test"] * 6


@pytest.mark.parametrize("key", ["conversations", "messages"])
def test_a_file_of_one_dialogue_is_a_row_and_not_its_turns(tmp_path, key):
    dialogue = {key: [{"role": "user", "content": "Tea?"}, {"role": "assistant", "content": "Yes."}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(dialogue) + "\n", encoding="utf-8")

    [block] = read_source(str(path))
    assert [parse_record(raw) for raw in block.rows()] == [dialogue]


def test_an_object_too_large_to_be_read_at_once_says_how_to_save_it(tmp_path, records, monkeypatch):
    monkeypatch.setattr(documents, "_LARGEST", 1_000)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(turn(records)), encoding="utf-8")
    with pytest.raises(ShopBenchError, match=r"save it as JSON lines, in pandas with df\.to_json"):
        list(read_source(str(path)))


def test_csv_is_the_same_rows(rows, records, tmp_path):
    assert read_rows(read_source(str(write_csv(tmp_path / "a.csv", records)))) == rows


def test_what_save_to_disk_writes_is_the_same_rows(rows, records, tmp_path):
    import pyarrow as pa

    folder = tmp_path / "saved" / "test"
    folder.mkdir(parents=True)
    told = [{name: value for name, value in record.items() if name != "split"} for record in records]
    table = pa.Table.from_pylist(told)
    for name in ("data-00000-of-00001.arrow", "cache-1.arrow"):
        with pa.ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table)
    for name in ("state.json", "dataset_info.json", "../dataset_dict.json"):
        (folder / name).write_text("{}", encoding="utf-8")

    for place in (folder, folder.parent):
        assert read_rows(read_source(str(place))) == [row._replace(split="test") for row in rows]


def test_a_line_longer_than_any_row_is_passed_over_in_pieces(rows, source, monkeypatch):
    monkeypatch.setattr(blocks, "LONGEST_LINE", 3_000)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    lines = source.read_bytes().splitlines(keepends=True)
    source.write_bytes(b"".join([*lines[:3], b"x" * 10_000 + b"\n", *lines[3:]]))
    raws = [raw for block in read_source(str(source)) for raw in block.rows()]

    assert raws == [*lines[:3], TOO_LONG, *lines[3:]]
    with pytest.raises(RowError, match=r"is longer than .* MB; a file has one row a line"):
        parse_record(TOO_LONG)


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

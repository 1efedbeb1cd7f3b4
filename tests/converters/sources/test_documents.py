"""One JSON object with all rows in it, as data frames and scripts write them."""

import json

import pytest

from converters.sources import json_files
from converters.sources.blocks import parse_record
from converters.sources.opening import read_source
from shopbench_plugin.core.errors import ShopBenchError
from tests.converters.sources.source_files import read_rows


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
    monkeypatch.setattr(json_files, "_LARGEST", 1_000)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(turn(records)), encoding="utf-8")
    with pytest.raises(ShopBenchError, match=r"save it as JSON lines, in pandas with df\.to_json"):
        list(read_source(str(path)))

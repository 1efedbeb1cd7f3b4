"""Where a conversion writes: over nothing that is not its own, and nothing half."""

import errno
import os
from types import SimpleNamespace

import orjson
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage import files
from tests.converters.conversions import run


@pytest.mark.parametrize("taken", ["set.jsonl", "set.report.json", "dataset_info.json"])
def test_a_folder_in_a_files_place_is_an_error_before_anything_is_written(tmp_path, source, taken):
    (tmp_path / "out" / taken).mkdir(parents=True)
    with pytest.raises(ShopBenchError, match=taken):
        run(tmp_path, source)

    assert [path.name for path in (tmp_path / "out").iterdir()] == [taken]


def test_a_source_is_not_written_over(tmp_path, source):
    taken = tmp_path / "out" / "set.jsonl"
    taken.parent.mkdir()
    source.rename(taken)
    before = taken.read_bytes()
    with pytest.raises(ShopBenchError, match=r"set\.jsonl: is also an input and would be overwritten; choose another"):
        run(tmp_path, taken)
    with pytest.raises(ShopBenchError, match=r"set\.jsonl: is in the input folder .*choose another output"):
        run(tmp_path, tmp_path)
    assert taken.read_bytes() == before
    assert [path.name for path in taken.parent.iterdir()] == ["set.jsonl"]


def test_a_file_that_no_conversion_wrote_is_replaced_only_on_request(tmp_path, source):
    mine = tmp_path / "out" / "set.jsonl"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(ShopBenchError, match=r"set\.jsonl: was not written by `shopbench convert`; .*--overwrite"):
        run(tmp_path, source)
    assert [path.read_text(encoding="utf-8") for path in mine.parent.iterdir()] == ["mine"]
    assert len(run(tmp_path, source, overwrite=True)[0]) == 14
    assert len(run(tmp_path, source, join_originals=False)[0]) == 7, "its own needs no request"


def test_a_data_set_that_was_changed_since_is_replaced_only_on_request(tmp_path, source):
    run(tmp_path, source)
    mine = tmp_path / "out" / "set.jsonl"
    with mine.open("a", encoding="utf-8") as stream:
        stream.write("my own row\n")
    with pytest.raises(
        ShopBenchError, match=r"set\.jsonl: was changed after `shopbench convert` wrote it; .*--overwrite"
    ):
        run(tmp_path, source)
    assert mine.read_text(encoding="utf-8").endswith("my own row\n")
    assert len(run(tmp_path, source, overwrite=True)[0]) == 14


def test_a_conversion_that_was_stopped_before_its_data_set_was_in_place_goes_on(tmp_path, source):
    run(tmp_path, source)
    data, report = tmp_path / "out" / "set.jsonl", tmp_path / "out" / "set.report.json"
    before = data.read_bytes()
    run(tmp_path, source, join_originals=False)
    after = data.read_bytes()
    data.write_bytes(before)  # the report is put in place first
    run(tmp_path, source, join_originals=False)
    assert data.read_bytes() == after
    content = orjson.loads(report.read_bytes())
    report.write_bytes(orjson.dumps(content | {"digest": "", "replaced": ""}))  # as of a version without digests
    run(tmp_path, source)
    assert data.read_bytes() == before


def test_a_failed_run_keeps_the_data_set_of_the_last_one(tmp_path, source):
    run(tmp_path, source)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(ShopBenchError, match="no such file"):
        run(tmp_path, source, tmp_path / "missing.jsonl")

    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_what_a_killed_conversion_left_is_removed_by_the_next_to_the_same_output(tmp_path, source):
    left = tmp_path / "out" / ".set.jsonl.abandoned.part"
    left.parent.mkdir()
    left.write_bytes(b"half")
    run(tmp_path, source)

    assert sorted(path.name for path in left.parent.iterdir()) == [
        "dataset_info.json",
        "set.jsonl",
        "set.report.json",
    ]


def test_a_disk_without_room_for_the_report_gets_no_data_set_either(tmp_path, source, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    full = SimpleNamespace(dumps=fail, OPT_INDENT_2=0, OPT_APPEND_NEWLINE=0)
    monkeypatch.setattr(files, "orjson", full)
    with pytest.raises(ShopBenchError, match=r"set\.report\.json: cannot be written \(No space left on device\)"):
        run(tmp_path, source)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["development_set", "swaps"])
def test_no_input_is_overwritten(tmp_path, source, option):
    taken = tmp_path / "out" / "set.report.json"
    taken.parent.mkdir()
    taken.write_text("mine", encoding="utf-8")
    with pytest.raises(ShopBenchError, match=r"set\.report\.json: is also an input"):
        run(tmp_path, source, **{option: taken, "overwrite": True})
    assert taken.read_text(encoding="utf-8") == "mine"

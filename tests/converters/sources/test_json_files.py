"""JSON lines and JSON arrays: the rows are the same in blocks of any size, and have the numbers of their lines."""

import gzip
import json
import os
from threading import Thread

import pytest

from converters.sources import blocks, json_files
from converters.sources.blocks import TOO_LONG, Stretch, number_rows, parse_record
from converters.sources.opening import read_source
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import RowError
from shopbench_plugin.storage import rows as storage_rows
from tests.converters.sources.source_files import read_rows, write_array


def test_an_array_is_the_same_rows(rows, records, tmp_path):
    assert read_rows(read_source(str(write_array(tmp_path / "a.json", records)))) == rows
    assert read_rows(read_source(str(write_array(tmp_path / "b.json", records, indent=2)))) == rows


def test_gzip_is_the_same_rows(rows, records, source, tmp_path):
    lines, array = tmp_path / "a.jsonl.gz", tmp_path / "b.json.gz"
    lines.write_bytes(gzip.compress(source.read_bytes()))
    array.write_bytes(gzip.compress(json.dumps(records).encode()))

    assert read_rows(read_source(str(lines))) == rows
    assert read_rows(read_source(str(array))) == rows


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

    with pytest.raises(ShopBenchError, match=f"{source}: became shorter while it was read"):
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


def test_a_line_longer_than_any_row_is_passed_over_in_pieces(rows, source, monkeypatch):
    monkeypatch.setattr(blocks, "LONGEST_LINE", 3_000)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    lines = source.read_bytes().splitlines(keepends=True)
    source.write_bytes(b"".join([*lines[:3], b"x" * 10_000 + b"\n", *lines[3:]]))
    raws = [raw for block in read_source(str(source)) for raw in block.rows()]

    assert raws == [*lines[:3], TOO_LONG, *lines[3:]]
    with pytest.raises(RowError, match=r"is longer than .* MB; write one row per line"):
        parse_record(TOO_LONG)

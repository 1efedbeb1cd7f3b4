import os
from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage.paths import check_places


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    return path


def test_an_input_in_another_spelling_is_not_overwritten(rows, monkeypatch):
    monkeypatch.chdir(rows.parent)
    (rows.parent / "folder").mkdir()
    for spelling in (rows, Path("rows.jsonl"), Path("folder/../rows.jsonl")):
        with pytest.raises(ShopBenchError, match=r"rows\.jsonl: is also an input and would be overwritten; choose"):
            check_places([None, rows], [None, spelling])


@pytest.mark.parametrize("make_link", [os.symlink, os.link])
def test_an_input_under_another_name_is_not_overwritten(rows, make_link):
    other = rows.with_name("other.jsonl")
    make_link(rows, other)
    for source, output in ((rows, other), (other, rows)):
        with pytest.raises(ShopBenchError, match="is also an input"):
            check_places([source], [output])


def test_two_outputs_are_two_files(rows):
    twice = rows.with_name("scores.json")
    with pytest.raises(ShopBenchError, match=r"scores\.json: would be written twice, also as .*scores\.json"):
        check_places([rows], [twice, rows.parent / "." / "scores.json"])


def test_other_files_pipes_and_a_place_that_does_not_exist_pass(rows):
    new = rows.parent / "new" / "out.jsonl"
    check_places([rows, Path("/dev/stdin")], [new, rows.with_name("a.jsonl"), None])
    check_places([Path("/dev/null")], [Path("/dev/null"), Path("/dev/null")])


def test_a_name_that_no_file_system_takes_is_left_to_whoever_opens_it(rows):
    check_places([rows], [Path("x" * 3_000)])

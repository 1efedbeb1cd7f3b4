import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.exits import TERMINATED
from shopbench_plugin.models.checkpoints import write_folder_atomically
from shopbench_plugin.storage.files import dump_json_line, read_json_lines, write_atomically


def test_lines_come_with_their_numbers_and_blank_ones_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": "\xe3\x82\xb1"}')
    assert list(read_json_lines(path)) == [(1, {"a": 1}), (3, {"a": "ケ"})]


def test_a_broken_line_is_named_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(ShopBenchError, match=r"rows\.jsonl:2: not valid JSON .*; fix or remove the line"):
        list(read_json_lines(path))


def test_a_line_that_is_no_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("[1, 2]\n")
    with pytest.raises(ShopBenchError, match=r"rows\.jsonl:1: not a JSON object"):
        list(read_json_lines(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match=r"absent\.jsonl: cannot be read \(No such file or directory\)"):
        list(read_json_lines(tmp_path / "absent.jsonl"))


def test_text_is_written_unescaped() -> None:
    assert dump_json_line({"a": "ケ"}) == '{"a":"ケ"}\n'.encode()


def _write_and_fail(path: Path) -> None:
    with write_atomically(path) as stream:
        stream.write(b"second, bro")
        raise RuntimeError


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.txt"
    with write_atomically(path) as stream:
        stream.write(b"first")
        assert not path.exists()
    with pytest.raises(RuntimeError):
        _write_and_fail(path)
    assert path.read_bytes() == b"first"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("write", [write_atomically, write_folder_atomically])
def test_a_signal_right_after_a_temporary_file_is_created_leaves_none(
    write: Callable[[Path], AbstractContextManager[object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = os.open

    def stop_after(*arguments: Any) -> int:
        monkeypatch.undo()
        os.close(create(*arguments))
        raise SystemExit(TERMINATED)

    monkeypatch.setattr(os, "open", stop_after)
    with pytest.raises(SystemExit):
        write(tmp_path / "new" / "out").__enter__()
    assert list(tmp_path.rglob(".*")) == []


def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "there" / "target.txt", tmp_path / "link.txt"
    link.symlink_to(Path("there") / "target.txt")
    for text in (b"first", b"second"):
        with write_atomically(link) as stream:
            stream.write(text)
        assert (link.readlink(), target.read_bytes()) == (Path("there") / "target.txt", text)
    with pytest.raises(RuntimeError):
        _write_and_fail(link)
    assert target.read_bytes() == b"second"
    assert list(target.parent.iterdir()) == [target]


def test_a_symbolic_link_to_where_nothing_can_be_written_is_named_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "file" / "target.txt")
    with pytest.raises(ShopBenchError, match=r"link\.txt: cannot be written \(.*\); choose another place"):
        write_atomically(link).__enter__()


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match="is a folder; name a file"):
        write_atomically(tmp_path).__enter__()


def test_a_file_in_place_of_the_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ShopBenchError, match=r"cannot be written \(.*\); choose another place"):
        write_atomically(tmp_path / "file" / "out.txt").__enter__()

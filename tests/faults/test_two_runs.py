"""Two runs at once on one output: one of them writes it, and it is whole."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.checkpoints import write_folder_atomically
from shopbench_plugin.storage.files import write_atomically
from shopbench_plugin.storage.unfinished import check_finished, mark_unfinished
from tests.faults.commands import check_one_line, fingerprint, finish, list_names, run, start, stop_when
from tests.faults.conftest import Command
from tests.faults.shop_server import ShopServer


def test_two_conversions_to_one_name_leave_one_whole_data_set(
    convert: Callable[[Path], Command], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    processes = [start(convert(folder)) for _ in range(2)]
    assert [finish(process).status for process in processes] == [0, 0]
    assert run(convert(tmp_path / "alone")).status == 0
    assert fingerprint(folder / "rows.jsonl") == fingerprint(tmp_path / "alone" / "rows.jsonl")
    assert list_names(folder) == ["dataset_info.json", "rows.jsonl", "rows.report.json"]


def test_the_second_of_two_predictions_stops_and_the_first_goes_on(
    predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    output = tmp_path / "answers.jsonl"
    journal = tmp_path / "answers.jsonl.part"
    server, other = serve(), serve()
    server.failures = [*[None] * 10, *["held"] * 50]  # the first run waits until the second one has been refused
    second = None

    def is_refused() -> bool:
        nonlocal second
        if second is None and journal.exists() and journal.stat().st_size:
            second = run(predict(other, output))
            server.released.set()
        return False

    first = stop_when(predict(server, output), is_refused)
    assert first.status == 0
    assert second is not None
    check_one_line(second, 1, f"{journal}: another run is writing to it", "choose another --output")
    assert other.asked.total() == 0
    assert output.read_bytes().count(b"\n") == 60


def test_two_writers_of_one_file_do_not_take_each_other_for_abandoned(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with write_atomically(path) as first:
        first.write(b"first")
        with write_atomically(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"
    assert list_names(tmp_path) == ["file.txt"]


def test_two_writers_of_one_folder_leave_one_of_both(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    with write_folder_atomically(folder) as first:
        (first / "config.json").write_text("first")
        with write_folder_atomically(folder) as second:
            (second / "config.json").write_text("second")
    assert (folder / "config.json").read_text() == "first"
    assert list_names(tmp_path) == ["model"]


LEAVE_BEHIND = """
import os, sys
from pathlib import Path
from shopbench_plugin.storage.files import write_atomically
from shopbench_plugin.models.checkpoints import write_folder_atomically
with write_atomically(Path("file.txt")) as stream, write_folder_atomically(Path("model")) as part:
    stream.write(b"half")
    (part / "config.json").write_text("half")
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LEAVE_BEHIND], cwd=tmp_path, check=False)
    assert len(list_names(tmp_path)) == 2
    with write_atomically(tmp_path / "file.txt") as stream:
        stream.write(b"whole")
    with write_folder_atomically(tmp_path / "model") as part:
        (part / "config.json").write_text("whole")
    assert list_names(tmp_path) == ["file.txt", "model"]


def test_a_second_training_or_export_into_a_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    with mark_unfinished(folder):
        (folder / "config.json").write_text("{}")
        with pytest.raises(ShopBenchError, match=r"model: another training or export is writing it; wait"):
            mark_unfinished(folder).__enter__()
        with pytest.raises(ShopBenchError, match=r"model: what writes it was stopped, or still runs"):
            check_finished(folder)
    check_finished(folder)
    assert list_names(folder) == ["config.json"]


def test_the_mark_stays_where_a_folder_was_left_half_written(tmp_path: Path) -> None:
    folder = tmp_path / "model"

    def fail_after(write: bool) -> None:
        with mark_unfinished(folder):
            if write:
                (folder / "config.json").write_text("{}")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after(write=False)
    assert not folder.exists(), "what failed before it wrote anything leaves nothing"
    with pytest.raises(RuntimeError):
        fail_after(write=True)
    assert list_names(folder) == [".unfinished", "config.json"]


def test_conversions_to_several_names_are_all_listed(convert: Callable[[Path], Command], tmp_path: Path) -> None:
    folder = tmp_path / "data"
    names = [f"set{number}" for number in range(4)]
    processes = [start([*convert(folder)[:-1], name]) for name in names]
    assert [finish(process).status for process in processes] == [0] * 4
    assert sorted(json.loads((folder / "dataset_info.json").read_text())) == names

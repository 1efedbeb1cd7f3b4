"""Locks that end with their process: taken, not there, and not handed to children."""

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from shopbench_plugin.storage import locks
from shopbench_plugin.storage.journal import open_journal
from shopbench_plugin.storage.unfinished import mark_unfinished


def fail_with(number: int) -> Callable[[int, int], None]:
    def flock(handle: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    return flock


def test_a_file_is_locked_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    first, second = (os.open(path, os.O_RDWR | os.O_CREAT) for _ in range(2))
    assert locks.lock(first)
    with pytest.raises(BlockingIOError):
        locks.lock(second)
    os.close(first)
    assert locks.lock(second)
    os.close(second)


def test_without_locks_on_the_system_nothing_is_locked(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['fcntl'] = None\n"
        "from pathlib import Path\n"
        "import shopbench_plugin.llamafactory.safeguards\n"
        "from shopbench_plugin.storage import locks\n"
        f"held = locks.hold(Path({str(tmp_path / 'file')!r}))\n"
        "assert not held.is_locked and not locks.lock(0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def open_the_journal(folder: Path) -> AbstractContextManager[object]:
    return open_journal(folder / "answers.part", "run-1", overwrite=False)


@pytest.mark.parametrize("take", [mark_unfinished, open_the_journal])
def test_a_file_system_without_locks_is_written_all_the_same(
    take: Callable[[Path], AbstractContextManager[object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", fail_with(errno.ENOLCK))
    with take(tmp_path):
        assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("take", [mark_unfinished, open_the_journal])
def test_a_forked_child_does_not_keep_the_lock_of_its_dead_parent(
    take: Callable[[Path], AbstractContextManager[object]], tmp_path: Path
) -> None:
    wait_end, release_end = os.pipe()
    told_end, tell_end = os.pipe()
    parent = os.fork()
    if parent == 0:
        with take(tmp_path):
            if os.fork() == 0:
                os.write(tell_end, b"x")  # the child lives on, as a worker of a data loader may
                os.close(release_end)
                os.read(wait_end, 1)
            os._exit(0)  # what a kill leaves
    os.waitpid(parent, 0)
    os.read(told_end, 1)
    try:
        with take(tmp_path):
            pass
    finally:
        os.close(release_end)

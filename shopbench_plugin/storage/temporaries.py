"""Temporary files and folders next to an output: locked while their process lives, removed by the next one if it dies.

A killed process can't clean up. But its lock ends with it, so the next process that writes the same output can
distinguish abandoned files from those that another run is writing.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shopbench_plugin.storage.locks import lock

_SUFFIX = ".part"


@contextmanager
def open_temporary_file(target: Path) -> Iterator[Path]:
    """Yield an empty file to replace `target`; it is locked within the block, and removed unless it has been renamed.

    Raises:
        OSError: the folder can't be written.
    """
    yield from _reserve(target, _create_file, Path.unlink)


@contextmanager
def open_temporary_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder next to `target`, to replace it, like `open_temporary_file`.

    Raises:
        OSError: the parent folder can't be written.
    """
    yield from _reserve(target, _create_folder, shutil.rmtree)


def _reserve(target: Path, create: Callable[[Path], int], remove: Callable[[Path], None]) -> Iterator[Path]:
    remove_abandoned(target)
    is_held = False
    while not is_held:
        path = target.with_name(f"{_prefix(target)}{secrets.token_hex(8)}{_SUFFIX}")
        try:  # named before it is created, because a signal can come right after that
            with close_at_end(create(path)) as handle:
                is_held = _lock(handle)
                if is_held:
                    yield path
        finally:
            with suppress(OSError):  # it has been renamed, or could not be created
                remove(path)


def _create_file(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o666)


def _create_folder(path: Path) -> int:
    path.mkdir()
    return os.open(path, os.O_RDONLY)


@contextmanager
def close_at_end(handle: int) -> Iterator[int]:
    """Close a descriptor, and so release its lock, at the end of the block."""
    try:
        yield handle
    finally:
        os.close(handle)


def remove_abandoned(target: Path) -> None:
    """Remove the temporary files and folders of `target` whose process is gone."""
    for entry in list(os.scandir(target.parent)):
        if entry.name.startswith(_prefix(target)) and entry.name.endswith(_SUFFIX):
            with suppress(OSError):  # another process removed it, or is using it
                _remove_unlocked(Path(entry.path))


def _remove_unlocked(path: Path) -> None:
    with close_at_end(os.open(path, os.O_RDONLY | os.O_NOFOLLOW)) as handle:
        if not lock(handle):
            return
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _lock(handle: int) -> bool:
    """Lock a new file or folder; False if another process considered it abandoned and removed it first."""
    try:
        lock(handle)  # without locks, nothing is ever considered abandoned either
    except BlockingIOError:
        return False
    return os.fstat(handle).st_nlink > 0


def _prefix(target: Path) -> str:
    return f".{target.name}."

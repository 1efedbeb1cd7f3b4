"""Temporary files and folders beside an output: locked while their process lives, removed by the next one if it dies.

A process that is killed cannot tidy up. Its lock ends with it, though, so whoever writes the same output next can tell
what nobody works on any more from what another run is about to write.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from shopbench_plugin.storage.locks import is_removed, lock

_SUFFIX = ".part"


def open_temporary_file(target: Path) -> tuple[int, Path]:
    """Make an empty file that may take the place of `target`; return its locked descriptor and its path.

    Raises:
        OSError: the folder can't be written.
    """
    remove_abandoned(target)
    while True:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=_prefix(target), suffix=_SUFFIX)
        if _lock(handle):
            return handle, Path(name)
        os.close(handle)


def open_temporary_folder(target: Path) -> tuple[int, Path]:
    """Make an empty folder beside `target`, for what may take its place; return its locked descriptor and its path.

    The folder is the caller's to remove, and to close the descriptor after that.

    Raises:
        OSError: the folder above can't be written.
    """
    remove_abandoned(target)
    while True:
        path = Path(tempfile.mkdtemp(dir=target.parent, prefix=_prefix(target), suffix=_SUFFIX))
        handle = os.open(path, os.O_RDONLY)
        if _lock(handle):
            return handle, path
        os.close(handle)


def remove_abandoned(target: Path) -> None:
    """Remove the temporary files and folders of `target` whose process is gone."""
    for entry in list(os.scandir(target.parent)):
        if entry.name.startswith(_prefix(target)) and entry.name.endswith(_SUFFIX):
            with suppress(OSError):  # somebody else removed it, or works on it
                _remove_unlocked(Path(entry.path))


def _remove_unlocked(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        if not lock(handle):
            return
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Lock a new file or folder; False where another process took it for abandoned before that and removed it."""
    try:
        lock(handle)  # where there are no locks, nothing is ever taken for abandoned either
    except BlockingIOError:
        return False
    return not is_removed(handle)


def _prefix(target: Path) -> str:
    return f".{target.name}."

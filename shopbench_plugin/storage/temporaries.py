"""Temporary files and folders next to an output: locked while their process lives, removed by the next one if it dies.

A killed process can't clean up. But its lock ends with it, so the next process that writes the same output can
distinguish abandoned files from those that another run is writing.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from shopbench_plugin.storage.locks import is_removed, lock

_SUFFIX = ".part"


def open_temporary_file(target: Path) -> tuple[int, Path]:
    """Create an empty file to replace `target`; return its locked descriptor and its path.

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
    """Create an empty folder next to `target`, to replace it; return its locked descriptor and its path.

    The caller must remove the folder, and then close the descriptor.

    Raises:
        OSError: the parent folder can't be written.
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
            with suppress(OSError):  # another process removed it, or is using it
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
    """Lock a new file or folder; False if another process considered it abandoned and removed it first."""
    try:
        lock(handle)  # without locks, nothing is ever considered abandoned either
    except BlockingIOError:
        return False
    return not is_removed(handle)


def _prefix(target: Path) -> str:
    return f".{target.name}."

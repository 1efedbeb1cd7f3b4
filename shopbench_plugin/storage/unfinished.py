"""The mark in a folder that a training or an export is writing: a folder with it must not be treated as complete."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from shopbench_plugin.core.errors import ShopBenchError, explain_os_error
from shopbench_plugin.storage.locks import hold

_MARK = ".unfinished"


def is_unfinished(folder: Path) -> bool:
    """Return whether the mark is there: a process is writing the folder, or was stopped while doing so."""
    return (folder / _MARK).exists()


def check_finished(folder: Path) -> None:
    """Check that no process is writing a folder or was stopped while doing so.

    Raises:
        ShopBenchError: the mark is there.
    """
    if is_unfinished(folder):
        raise ShopBenchError(
            f"{folder}: what writes it was stopped, or still runs ({_MARK} is there); run that to its end first"
        )


@contextmanager
def mark_unfinished(folder: Path) -> Iterator[None]:
    """Keep the mark in `folder` while the block runs, and afterwards if it failed after writing something.

    A mark left by an earlier attempt is removed only by one that succeeds.

    Raises:
        ShopBenchError: the folder can't be written, or another process is writing it.
    """
    before = _list(folder)
    is_new = not (folder / _MARK).exists()
    held = _take(folder)
    try:
        yield
    except BaseException:
        if is_new and _list(folder) == before:
            _remove(folder)
        raise
    else:
        _remove(folder)
    finally:
        held.release()


def _take(folder: Path) -> FileLock:
    """Create the mark if necessary, and lock it."""
    with explain_os_error(folder, "written", "choose another folder"):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return hold(folder / _MARK)
        except BlockingIOError as error:
            raise ShopBenchError(
                f"{folder}: another training or export is writing it; wait for that, or choose another folder"
            ) from error


def _remove(folder: Path) -> None:
    with suppress(OSError):
        (folder / _MARK).unlink()
        folder.rmdir()  # if nothing else was written


def _list(folder: Path) -> list[tuple[str, int, int]]:
    """Return names, sizes and times of a folder's files, except the mark; empty if there is no folder."""
    paths: list[Path] = []
    with suppress(OSError):  # no folder
        paths = list(folder.iterdir())
    found = []
    for path in paths:
        with suppress(OSError):  # gone since
            state = path.lstat()
            found.append((path.name, state.st_size, state.st_mtime_ns))
    return sorted(entry for entry in found if entry[0] != _MARK)

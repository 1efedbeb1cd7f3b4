"""The mark in a folder that a training or an export is writing: with it there, the folder must not pass for whole."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage.locks import hold

_MARK = ".unfinished"


def is_unfinished(folder: Path) -> bool:
    """Tell whether the mark is there: somebody writes the folder, or was stopped while doing so."""
    return (folder / _MARK).exists()


def check_finished(folder: Path) -> None:
    """Check that nobody is writing a folder, and that nobody was stopped while doing so.

    Raises:
        ShopBenchError: the mark is there.
    """
    if is_unfinished(folder):
        raise ShopBenchError(
            f"{folder}: what writes it was stopped, or still runs ({_MARK} is there); run that to its end first"
        )


@contextmanager
def mark_unfinished(folder: Path) -> Iterator[None]:
    """Keep the mark in `folder` while the block runs, and after it where it failed with something written.

    A mark that an earlier try left is taken away only by one that comes to its end.

    Raises:
        ShopBenchError: the folder can't be written, or another process writes it.
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
    """Make the mark where there is none, and lock it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return hold(folder / _MARK)
    except BlockingIOError as error:
        raise ShopBenchError(
            f"{folder}: another training or export is writing it; wait for that, or choose another folder"
        ) from error
    except OSError as error:
        raise ShopBenchError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error


def _remove(folder: Path) -> None:
    with suppress(OSError):
        (folder / _MARK).unlink()
        folder.rmdir()  # where nothing else was written


def _list(folder: Path) -> list[tuple[str, int, int]]:
    """Return names, sizes and times of a folder's files, the mark left out; nothing where there is no folder."""
    paths: list[Path] = []
    with suppress(OSError):  # no folder
        paths = list(folder.iterdir())
    found = []
    for path in paths:
        with suppress(OSError):  # gone since
            state = path.lstat()
            found.append((path.name, state.st_size, state.st_mtime_ns))
    return sorted(entry for entry in found if entry[0] != _MARK)

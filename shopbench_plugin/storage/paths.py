"""Paths that a command reads and writes, compared before any work: no command may replace its own input."""

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError

_LONGEST_NAME = 255
# ".NAME.xxxxxxxx.part", as storage/temporaries.py has it.
_TEMPORARY_BYTES = 15


def reject_overwriting_inputs(inputs: Iterable[Path | None], outputs: Iterable[Path | None]) -> None:
    """Check that no output of a command is one of its inputs, nor another of its outputs.

    Links are followed, and hard links to one file count as one. What isn't an ordinary file (a pipe, /dev/stdout,
    /dev/null) can't be replaced and is left alone. None means that the option wasn't used.

    Args:
        inputs: every file that the command reads, settings files included.
        outputs: every file that it writes, those beside the named one (notes, reports, journals) included.

    Raises:
        ShopBenchError: two of them are the same file.
    """
    read = [path for path in inputs if path is not None]
    written = [path for path in outputs if path is not None and _can_be_replaced(path)]
    for output in written:
        for source in read:
            if _are_same(output, source):
                raise ShopBenchError(f"{output}: is an input too, and would be overwritten; choose another output")
    for one, other in combinations(written, 2):
        if _are_same(one, other):
            raise ShopBenchError(f"{one}: would be written twice, also as {other}; choose another output")


def check_name_lengths(written: Iterable[Path]) -> None:
    """Check that the file system takes the names of files before the work for them, their temporary names included.

    Raises:
        ShopBenchError: a name is too long.
    """
    for path in written:
        length = len(path.name.encode()) + _TEMPORARY_BYTES
        if length > _LONGEST_NAME:
            raise ShopBenchError(
                f"{path}: the name is {length - _LONGEST_NAME} bytes too long; choose a shorter output"
            )


def _can_be_replaced(path: Path) -> bool:
    try:
        return path.is_file() or not path.exists()
    except OSError:  # a name that no file system takes
        return False


def _are_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them doesn't exist yet
        return _resolve(one) == _resolve(other)


def _resolve(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a name that is too long, a circle of links
        return path.absolute()

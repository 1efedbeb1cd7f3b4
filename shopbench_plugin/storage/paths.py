"""Paths that a command reads and writes, compared before any work: no command may replace its own input."""

from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage.files import RUN_NOTE

_LONGEST_NAME = 255
# ".NAME.xxxxxxxx.part", as storage/temporaries.py has it.
_TEMPORARY_BYTES = 15
_MODEL_FILES = ("*.json", "*.jinja", "*.safetensors")


def check_places(inputs: Iterable[Path | str | None], outputs: Iterable[Path | None]) -> None:
    """Check that the outputs of a command can be written without replacing an input or each other.

    Links are followed, and hard links to one file count as one. What isn't an ordinary file (a pipe, /dev/stdout,
    /dev/null) can't be replaced and is left alone. None means that the option wasn't used.

    Args:
        inputs: every file that the command reads, settings files included, and every folder that it reads whole.
        outputs: every file that it writes, those beside the named one (notes, reports, journals) included, and every
            folder that it replaces whole.

    Raises:
        ShopBenchError: an output is an input, lies in an input folder or holds an input; two outputs are the same file;
            or a name is too long, which would show only after the work.
    """
    read = [Path(path) for path in inputs if path is not None]
    written = [path for path in outputs if path is not None and _can_be_replaced(path)]
    for output in written:
        _check_name_length(output)
        for source in read:
            _check_pair(output, source)
    for one, other in combinations(written, 2):
        if _are_same(one, other):
            raise ShopBenchError(f"{one}: would be written twice, also as {other}; choose another output")


def list_model_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a model or adapter folder that decide its answers; none where it isn't a folder."""
    for pattern in _MODEL_FILES:
        yield from sorted(path for path in folder.glob(pattern) if not path.name.endswith(f".{RUN_NOTE}"))


def _check_pair(output: Path, source: Path) -> None:
    if _are_same(output, source):
        raise ShopBenchError(f"{output}: is also an input and would be overwritten; choose another output")
    if source.is_dir() and _lies_in(output, source):
        raise ShopBenchError(f"{output}: is in the input folder {source}, which is read whole; choose another output")
    if output.is_dir() and _lies_in(source, output):
        raise ShopBenchError(f"{output}: contains the input {source} and would be replaced; choose another output")


def _check_name_length(path: Path) -> None:
    excess = len(path.name.encode()) + _TEMPORARY_BYTES - _LONGEST_NAME
    if excess > 0:
        raise ShopBenchError(f"{path}: the name is {excess} bytes too long; choose a shorter output")


def _can_be_replaced(path: Path) -> bool:
    try:
        return path.is_file() or path.is_dir() or not path.exists()
    except OSError:  # a name that no file system takes
        return False


def _lies_in(path: Path, folder: Path) -> bool:
    return _resolve(path).is_relative_to(_resolve(folder))


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

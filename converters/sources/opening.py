"""Chooses the reader of a source, by its content rather than its name where possible."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from converters.sources.blocks import Block, group_rows
from converters.sources.json_files import read_file
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.tasks import is_task_name
from shopbench_plugin.formats.files import ENDINGS, find_files, read_rows
from shopbench_plugin.formats.form import find_format
from shopbench_plugin.formats.questions import read_shopbench_rows

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_SAVED_SPLITS = ("train", "val", "validation", "test")
_FOLDER_DEPTH = 3  # TASK/SETTING/SPLIT.json


def read_source(source: str) -> Iterator[Block]:
    """Yield the rows of a file, a folder, a zip archive or a hub dataset, block by block.

    Raises:
        ShopBenchError: the source doesn't exist or can't be read, or a folder contains no data file.
    """
    path = Path(source)
    if _holds_published_questions(path):
        yield from group_rows(_restate_questions(path), str(path))
    elif path.exists():
        for file in find_files(path):
            yield from read_file(file, _read_path(Path(file.place)))
    elif _HUB_ID.fullmatch(source) and not source.endswith(ENDINGS) and not path.parent.is_dir():
        yield from read_hub(source)
    else:
        raise ShopBenchError(f"{source}: no such file or folder; pass a path, or a hub id like NingLab/ECInstruct")


def _holds_published_questions(path: Path) -> bool:
    """Return whether the first row of a file, folder or archive is in a question format that restates its rows.

    ECInstruct, general data and questions in the competition's own form have readers that know more.
    """
    if not (path.is_file() or path.is_dir()):  # a pipe can be read only once
        return False
    try:
        file = find_files(path)[0]
        _, row = next(read_rows(file))
    except (ShopBenchError, StopIteration):  # the source's own reader says what is wrong
        return False
    return not isinstance(row, ShopBenchError) and not find_format(file.path, row).has_own_reader


def _restate_questions(path: Path) -> Iterator[dict[str, Any]]:
    for _, row in read_shopbench_rows(path):
        if isinstance(row, ShopBenchError):
            raise row
        yield row


def read_hub(dataset_id: str) -> Iterator[Block]:
    """Yield the rows of a hub dataset's "train" split, streamed so that they aren't stored twice.

    ECInstruct has only this one, and a column `split`.

    Raises:
        ShopBenchError: `datasets` is missing, or the dataset can't be loaded.
    """
    try:
        import datasets
    except ImportError as error:
        raise ShopBenchError(
            f"{dataset_id}: reading from the hub needs the package datasets: pip install datasets"
        ) from error
    try:
        rows = datasets.load_dataset(dataset_id, split="train", streaming=True)
        yield from group_rows((dict(row) for row in rows), dataset_id)
    except (OSError, ValueError, datasets.exceptions.DatasetsError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ShopBenchError(f"{dataset_id}: no such file, and it can't be loaded from the hub ({reason})") from error


def measure_sources(sources: Iterable[str]) -> int | None:
    """Return how many bytes will be read, for a progress bar; None if unknown."""
    files = [Path(source) for source in sources]
    is_known = all(file.is_file() and file.suffix in (".json", ".jsonl") for file in files)
    return sum(file.stat().st_size for file in files) if is_known else None


def _read_path(path: Path) -> tuple[tuple[str, str], ...]:
    """Return the fields in a path TASK/SETTING/SPLIT.json, or of the folder of a split that save_to_disk writes."""
    parts = (*path.parent.resolve().parts, path.name)[-_FOLDER_DEPTH:]
    if path.suffix == ".arrow" and parts[-2:-1] and parts[-2] in _SAVED_SPLITS:
        return (("split", parts[-2]),)
    if len(parts) < _FOLDER_DEPTH or not is_task_name(parts[0]):
        return ()
    return (("task", parts[0]), ("setting", parts[1]), ("split", parts[2].split(".")[0]))

"""LlamaFactory's list of data sets, dataset_info.json: one entry added or brought up to date, the others left alone."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage.files import write_atomically
from shopbench_plugin.storage.locks import AVAILABLE, lock

FILE_NAME = "dataset_info.json"
_LONGEST_NAME = 200  # bytes; file systems take 255, and the endings of the files come on top
_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}
_LOCK_TRIES, _LOCK_SECONDS = 1000, 0.01


def check_name(name: str) -> None:
    """Refuse a data set's name that LlamaFactory would cut in two or that names a file elsewhere.

    Raises:
        ShopBenchError: it is empty, too long, holds a slash, a comma or a control character, or begins with a dot.
    """
    is_plain = name.isprintable() and not set(name) & set("/\\,") and not name.startswith(".") and name == name.strip()
    if not (name and is_plain and len(name.encode()) <= _LONGEST_NAME):
        raise ShopBenchError(
            f"--name '{name[:_LONGEST_NAME]}': is no name of a data set; take letters, digits, dashes and underscores"
        )


def find_dataset_info(output_dir: Path) -> Path:
    """Return the file in `output_dir` or the nearest folder above it; where none is, its place in `output_dir`."""
    folder = output_dir.resolve()
    found = (parent / FILE_NAME for parent in (folder, *folder.parents) if (parent / FILE_NAME).is_file())
    return next(found, folder / FILE_NAME)


def read_dataset_info(path: Path) -> dict[str, Any]:
    """Return what the file holds; nothing where it does not exist.

    Raises:
        ShopBenchError: it can't be read or holds no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ShopBenchError(
            f"{path}: not a readable dataset_info.json ({error}); mend it, nothing was changed"
        ) from error
    if not isinstance(content, dict):
        raise ShopBenchError(f"{path}: holds no JSON object; LlamaFactory wants data set names as keys")
    return content


def update_dataset_info(path: Path, name: str, data_file: Path) -> None:
    """Enter `data_file` as data set `name`, with the alpaca columns; other entries keep their content and order.

    What other conversions enter at the same time stays too.

    Raises:
        ShopBenchError: the file can't be read or written, or another program keeps its folder locked.
    """
    entry = {"file_name": Path(os.path.relpath(data_file.resolve(), path.parent)).as_posix(), "columns": _COLUMNS}
    with _lock_folder(path):
        content = read_dataset_info(path)
        if content.get(name) == entry:
            return
        content[name] = entry
        with write_atomically(path) as stream:
            text = json.dumps(content, indent=2, ensure_ascii=False)
            # Half a character, which UTF-8 has no bytes for, is written as the escape that it was read from.
            stream.write(text.encode(errors="backslashreplace") + b"\n")


@contextmanager
def _lock_folder(path: Path) -> Iterator[None]:
    """Keep other conversions from `path` for a moment by its folder's lock, which leaves no file behind."""
    if not AVAILABLE:
        yield
        return
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        _wait_for_lock(handle, path)
        yield
    finally:
        os.close(handle)


def _wait_for_lock(handle: int, path: Path) -> None:
    for _ in range(_LOCK_TRIES):
        try:
            lock(handle)
        except BlockingIOError:
            time.sleep(_LOCK_SECONDS)
        else:
            return
    raise ShopBenchError(f"{path}: another program keeps its folder locked; run it again once that has ended")

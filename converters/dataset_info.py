"""LlamaFactory's list of datasets, dataset_info.json: adds or updates one entry and keeps every other character."""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import ALPACA_COLUMNS
from shopbench_plugin.storage.files import write_atomically
from shopbench_plugin.storage.locks import AVAILABLE, lock

FILE_NAME = "dataset_info.json"
_LONGEST_NAME = 200  # bytes; file systems allow 255, and file name suffixes are added
_LOCK_TRIES, _LOCK_SECONDS = 1000, 0.01
_BLANKS = re.compile(r"[\s,:]*")


def check_name(name: str) -> None:
    """Reject a dataset name that LlamaFactory would split in two or that names a file in another folder.

    Raises:
        ShopBenchError: it is empty, too long, contains a slash, comma or control character, or begins with a dot.
    """
    is_plain = name.isprintable() and not set(name) & set("/\\,") and not name.startswith(".") and name == name.strip()
    if not (name and is_plain and len(name.encode()) <= _LONGEST_NAME):
        raise ShopBenchError(
            f"--name '{name[:_LONGEST_NAME]}' is not a valid dataset name; use letters, digits, dashes and underscores"
        )


def find_dataset_info(output_dir: Path) -> Path:
    """Return the file in `output_dir` or the nearest parent folder; if there is none, its path in `output_dir`."""
    folder = output_dir.resolve()
    found = (parent / FILE_NAME for parent in (folder, *folder.parents) if (parent / FILE_NAME).is_file())
    return next(found, folder / FILE_NAME)


def check_entry(path: Path, name: str, data_file: Path, *, overwrite: bool = False) -> None:
    """Check that the entry `name` may be written: it doesn't exist, is `data_file`'s, or its file no longer exists.

    With `overwrite`, any entry may be written.

    Raises:
        ShopBenchError: the file can't be read or isn't a JSON object, or the entry belongs to another dataset.
    """
    entry = _read(path)[1].get(name)
    file_name = entry.get("file_name") if isinstance(entry, dict) else None
    entered = path.parent / str(file_name)
    is_free = not os.path.lexists(entered) or entered.resolve() == data_file.resolve()
    if overwrite or entry is None or (isinstance(file_name, str) and is_free):
        return
    raise ShopBenchError(
        f"{path}: '{name}' is already another dataset ({file_name or 'without file_name'}); choose another --name, or "
        "replace the entry with --overwrite"
    )


def update_dataset_info(path: Path, name: str, data_file: Path) -> None:
    """Add `data_file` as dataset `name`, with the alpaca columns; an existing entry of this dataset keeps other keys.

    Entries that other conversions add at the same time are kept. A byte order mark, which LlamaFactory rejects, is
    removed.

    Raises:
        ShopBenchError: the file can't be read or written, or another program keeps its folder locked.
    """
    with _lock_folder(path):
        text, content = _read(path)
        old = content.get(name)
        file_name = Path(os.path.relpath(data_file.resolve(), path.parent)).as_posix()
        entry: dict[str, Any] = {"file_name": file_name, "columns": ALPACA_COLUMNS}
        if isinstance(old, dict) and old.get("file_name") == file_name:
            columns = old.get("columns")
            entry = old | entry | {"columns": (columns if isinstance(columns, dict) else {}) | ALPACA_COLUMNS}
        if old != entry:
            text = _replace_entry(text, name, entry)
        if not path.exists() or path.read_bytes() != text.encode():
            with write_atomically(path) as stream:
                stream.write(text.encode())


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the file's text and content; an empty object if there is no file."""
    try:
        text = path.read_bytes().decode("utf-8-sig") if path.exists() else "{}\n"
        content = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ShopBenchError(
            f"{path}: not a readable dataset_info.json ({error}); fix it, nothing was changed"
        ) from error
    if not isinstance(content, dict):
        raise ShopBenchError(f"{path}: is not a JSON object; LlamaFactory requires dataset names as keys")
    return text, content


def _replace_entry(text: str, name: str, entry: dict[str, Any]) -> str:
    """Return the text with the entry replacing the last one of its name, which is the valid one, or appended."""
    written = json.dumps(entry, indent=2).replace("\n", "\n  ")
    decoder = json.JSONDecoder()
    end = text.index("{") + 1
    is_empty, place = True, None
    while text[start := _skip_blanks(text, end)] != "}":
        key, end = decoder.raw_decode(text, start)
        start = _skip_blanks(text, end)
        _, end = decoder.raw_decode(text, start)
        is_empty, place = False, (start, end) if key == name else place
    if place:
        return text[: place[0]] + written + text[place[1] :]
    rest = text[start:] if is_empty else text[end:].lstrip()
    return f"{text[:end]}{'' if is_empty else ','}\n  {json.dumps(name, ensure_ascii=False)}: {written}\n{rest}"


def _skip_blanks(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return found.end() if found else place


@contextmanager
def _lock_folder(path: Path) -> Iterator[None]:
    """Lock `path` against other conversions through a lock on its folder, which leaves no lock file behind."""
    if not AVAILABLE:
        yield
        return
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        for _ in range(_LOCK_TRIES):
            with suppress(BlockingIOError):
                lock(handle)
                break
            time.sleep(_LOCK_SECONDS)
        else:
            raise ShopBenchError(f"{path}: its folder is locked by another program; run the command again later")
        yield
    finally:
        os.close(handle)

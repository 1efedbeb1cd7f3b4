"""LlamaFactory's list of data sets, dataset_info.json: one entry added or brought up to date, the others left alone."""

import json
import os
from pathlib import Path
from typing import Any

from shopbench_plugin.errors import ShopBenchError
from shopbench_plugin.files import write_atomically

FILE_NAME = "dataset_info.json"
_LONGEST_NAME = 200  # bytes; file systems take 255, and the endings of the files come on top
_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}


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

    Raises:
        ShopBenchError: the file can't be read or written.
    """
    content = read_dataset_info(path)
    entry = {"file_name": Path(os.path.relpath(data_file.resolve(), path.parent)).as_posix(), "columns": _COLUMNS}
    if content.get(name) == entry:
        return
    content[name] = entry
    with write_atomically(path) as stream:
        stream.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")

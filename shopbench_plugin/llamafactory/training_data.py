"""A note in a training's output folder of the data that it is trained on, so that no other data continues it."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory.checks.dataset_entries import find_dataset_info, read_dataset_info
from shopbench_plugin.llamafactory.checks.recipe import Recipe
from shopbench_plugin.storage.files import digest_file, read_note, write_json_file

NOTE = ".training_data"


def digest_data(recipe: Recipe) -> dict[str, str]:
    """Return a digest of each dataset's file or files by the dataset's name; of a hub's dataset, that of its entry.

    It is empty if the data can't be read, which LlamaFactory reports.
    """
    info = find_dataset_info(recipe)
    try:
        known = {} if info is None else read_dataset_info(info)
        folder = Path() if info is None else info.parent
        return {name: _digest_entry(folder, known.get(name, {})) for name in recipe.names("dataset")}
    except (ShopBenchError, OSError, ValueError, AttributeError, TypeError):
        return {}


def _digest_entry(folder: Path, entry: dict[str, Any]) -> str:
    path = folder / str(entry.get("file_name", ""))
    if not entry.get("file_name") or not path.exists():
        return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        digest.update(digest_file(file).encode())
    return digest.hexdigest()


def find_other_data(output: Path, recipe: Recipe) -> str:
    """Return which dataset differs from that of the checkpoints in `output`; "" if none, or if it isn't known."""
    if not (noted := read_note(output / NOTE)):
        return ""
    found = digest_data(recipe)
    if not found or list(noted.items()) == list(found.items()):
        return ""
    if list(noted) != list(found):
        return f"{', '.join(map(str, noted))} instead of {', '.join(found)}"
    return next(f"dataset '{name}' before its file changed" for name in found if noted[name] != found[name])


@contextmanager
def note_data(output: Path, recipe: Recipe, *, has_checkpoints: bool) -> Iterator[None]:
    """Write the note while a training runs that starts or resumes in `output`.

    A run that replaces an older one's checkpoints (overwrite_output_dir) leaves the older note until it has succeeded:
    until then the newest checkpoint may be the older run's.

    Raises:
        ShopBenchError: the note can't be written.
    """
    found = digest_data(recipe)
    is_late = has_checkpoints and recipe.flag("overwrite_output_dir")
    is_new = not (output / NOTE).exists()
    if found and not is_late:
        write_json_file(output / NOTE, found)
    try:
        yield
    except BaseException:
        if is_new and not any(output.glob("checkpoint-*")):
            (output / NOTE).unlink(missing_ok=True)
        raise
    if found and is_late:
        write_json_file(output / NOTE, found)

"""Datasets that a recipe names: their entries in dataset_info.json, and the beginning and report of their files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.formats.files import Row
from shopbench_plugin.llamafactory.checks.recipe import Recipe
from shopbench_plugin.llamafactory.checks.rows import MOST_ROWS, SUFFIXES, read_first_rows
from shopbench_plugin.storage.files import digest_file, read_note

_HUB_KEYS = ("hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name")


@dataclass(frozen=True, slots=True)
class Dataset:
    """An entry of dataset_info.json and the beginning of its file.

    Attributes:
        name: its key.
        info: the dataset_info.json.
        entry: its value.
        file: the first of its files; None if it comes from a hub or a script.
        rows: the file's first rows.
        report: the report that `shopbench convert` wrote for the file; empty if there is none, or of other rows.
        is_changed: whether the file was changed since.
    """

    name: str
    info: Path
    entry: dict[str, Any]
    file: Path | None = None
    rows: tuple[Row, ...] = ()
    report: dict[str, Any] = field(default_factory=dict)
    is_changed: bool = False

    @property
    def place(self) -> str:
        """How a message names the entry."""
        return f"{self.info}: dataset '{self.name}'"

    @property
    def count(self) -> int | None:
        """Its number of rows; None if only the first of them were read."""
        is_whole = self.file == self.info.parent / str(self.entry.get("file_name")) and len(self.rows) < MOST_ROWS
        return len(self.rows) if is_whole and self.rows else None


def find_dataset_info(recipe: Recipe) -> Path | None:
    """Return the dataset_info.json that a recipe uses, None if it is on a hub."""
    folder = recipe.text("dataset_dir", "data")
    return None if folder == "ONLINE" or folder.startswith("REMOTE:") else Path(folder) / "dataset_info.json"


def read_dataset_info(path: Path) -> dict[str, Any]:
    """Return the content of a dataset_info.json.

    Raises:
        ShopBenchError: it is not a JSON object.
    """
    try:
        known = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (OSError, orjson.JSONDecodeError) as error:
        raise ShopBenchError(
            f"{path}: cannot be read as JSON; set dataset_dir to the folder that contains it"
        ) from error
    if not isinstance(known, dict):
        raise ShopBenchError(f"{path}: is not a JSON object; LlamaFactory requires dataset names as keys")
    return known


def read_dataset(name: str, known: dict[str, Any], info: Path) -> Dataset:
    """Return an entry of a dataset_info.json with the first rows of its file.

    Args:
        name: of the dataset.
        known: the content of the dataset_info.json.
        info: its path.

    Raises:
        ShopBenchError: the entry or its file can't be used.
    """
    if name not in known:
        raise unknown_name("dataset", name, known)
    entry = known[name]
    if not isinstance(entry, dict):
        raise ShopBenchError(f"{info}: the entry of dataset '{name}' is not a JSON object; fix the entry")
    if any(key in entry for key in _HUB_KEYS):
        return Dataset(name, info, entry)
    file_name = entry.get("file_name")
    if not isinstance(file_name, str) or not file_name:
        raise ShopBenchError(f"{info}: dataset '{name}' has no 'file_name'; set it to the dataset's file")
    file = _find_first_file(info.parent / file_name, name)
    if file.suffix not in SUFFIXES:
        raise ShopBenchError(
            f"{file}: LlamaFactory can't load files with this extension; use one of {', '.join(SUFFIXES)} "
            f"(`shopbench convert` writes .jsonl)"
        )
    if not file.stat().st_size:
        raise ShopBenchError(f"{file}: the file of dataset '{name}' is empty; run `shopbench convert` again")
    rows, report = read_first_rows(file), read_note(file.with_suffix(".report.json"))
    is_changed = bool(report.get("digest")) and report["digest"] != digest_file(file)
    return Dataset(name, info, entry, file, rows, {} if is_changed else report, is_changed)


def _find_first_file(path: Path, name: str) -> Path:
    if not path.exists():
        raise ShopBenchError(f"{path}: the file of dataset '{name}' is missing; run `shopbench convert`")
    if path.is_file():
        return path
    files = sorted(path.iterdir())
    if not files:
        raise ShopBenchError(f"{path}: the folder of dataset '{name}' is empty; run `shopbench convert`")
    if len({file.suffix for file in files}) > 1:
        raise ShopBenchError(f"{path}: files with different extensions; LlamaFactory requires one file type per folder")
    return files[0]

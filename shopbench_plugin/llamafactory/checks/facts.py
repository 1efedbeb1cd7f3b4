"""What a recipe refers to: its settings, the dataset entries, first rows and base model they name, and the machine."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson

from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.llamafactory.checks.machine import Machine, find_in_hub_cache, look_at_machine
from shopbench_plugin.llamafactory.checks.probing import read_usable_template
from shopbench_plugin.llamafactory.checks.recipe import Kind, Recipe
from shopbench_plugin.llamafactory.checks.rows import SUFFIXES, Row, is_read_whole, read_first_rows
from shopbench_plugin.models.adapters import check_adapter
from shopbench_plugin.models.chat_rendering import ChatTemplate
from shopbench_plugin.models.checkpoints import (
    Checkpoint,
    is_hub_name,
    open_checkpoint,
    read_json_object,
    require_space,
)
from shopbench_plugin.models.row_lengths import CountTokens, open_token_counter
from shopbench_plugin.models.tied_embeddings import is_wrongly_tied
from shopbench_plugin.storage.files import digest_file

T = TypeVar("T")

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
        file = self.info.parent / str(self.entry.get("file_name"))
        return (
            len(self.rows)
            if self.file == file and self.file.suffix != ".arrow" and is_read_whole(file, self.rows)
            else None
        )


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter's folder, and the layers that it saves in full."""

    folder: Path
    modules_to_save: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the checks look at.

    Attributes:
        recipe: the settings.
        machine: the machine that it will run on.
        failures: what could not be read, in one phrase each.
        datasets: the readable ones of `dataset` and `eval_dataset`.
        base: the base model, from its folder or the hub's cache; None if it is in neither.
        is_wrongly_tied: whether the base's config ties two matrices that differ.
        chat_template: the chat template of the base's tokenizer; None if it has none that can be used.
        adapters: the adapters in adapter_name_or_path.
        calibration: the first rows of export_quantization_dataset; None if it isn't a file.
        count_tokens: length of a text in tokens; None if the base's tokenizer.json can't be used.
    """

    recipe: Recipe
    machine: Machine
    failures: tuple[str, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    base: Checkpoint | None = None
    is_wrongly_tied: bool = False
    chat_template: ChatTemplate | None = None
    adapters: tuple[Adapter, ...] = ()
    calibration: tuple[Row, ...] | None = None
    count_tokens: CountTokens | None = None


class _Gathering:
    """Reads one item after another; an item that can't be read is recorded as a failure instead of raising."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def read(self, reader: Callable[[], T], otherwise: T) -> T:
        try:
            return reader()
        except ShopBenchError as error:
            self.failures.append(str(error))
            return otherwise


def gather_facts(recipe: Recipe) -> Facts:
    """Read everything that the recipe names."""
    machine, gathering = look_at_machine(), _Gathering()
    base = gathering.read(lambda: _open_base(recipe, machine), None)
    folder = None if base is None else base.folder
    adapters = [
        gathering.read(partial(_read_adapter, Path(name), base), None)
        for name in recipe.names("adapter_name_or_path")
        if not is_hub_name(name)
    ]
    if base is not None:
        gathering.read(lambda: _require_space(recipe, base), None)
    return Facts(
        recipe,
        machine,
        datasets=tuple(_read_datasets(recipe, gathering)),
        base=base,
        is_wrongly_tied=base is not None and is_wrongly_tied(base),
        chat_template=None if folder is None else gathering.read(lambda: _read_template(folder, recipe), None),
        adapters=tuple(adapter for adapter in adapters if adapter is not None),
        calibration=gathering.read(lambda: _read_calibration(recipe), None),
        count_tokens=_make_counter(folder),
        failures=tuple(gathering.failures),
    )


def _read_template(folder: Path, recipe: Recipe) -> ChatTemplate | None:
    return read_usable_template(folder, is_parsed=not recipe.text("template"))


def _read_adapter(folder: Path, base: Checkpoint | None) -> Adapter:
    check_adapter(folder, base)
    saved = read_json_object(folder / "adapter_config.json", "train the adapter again").get("modules_to_save") or []
    return Adapter(folder, tuple(map(str, saved)))


def _require_space(recipe: Recipe, base: Checkpoint) -> None:
    """Check disk space for an upper bound: a merged model has its base's size, a 4-bit one at most half of that."""
    export_dir = recipe.text("export_dir")
    # find_wrong_outputs reports a file in the way.
    if export_dir and not any(os.path.isfile(place) for place in map(str, (export_dir, *Path(export_dir).parents))):  # noqa: PTH113
        is_int4 = recipe.number("export_quantization_bit") == 4  # noqa: PLR2004  bits
        require_space(Path(export_dir), base.size // 2 if is_int4 else base.size)


def _read_calibration(recipe: Recipe) -> tuple[Row, ...] | None:
    name = recipe.text("export_quantization_dataset")
    path = Path(name)
    if not name or (path.suffix not in SUFFIXES and not path.exists()):
        return None  # on the hub
    if not path.is_file() or path.suffix not in SUFFIXES:
        what = "no such file" if not path.is_file() else "LlamaFactory can't load files with this extension"
        raise ShopBenchError(f"'export_quantization_dataset': {what}: {name}; write it with `shopbench calibrate`")
    return tuple(read_first_rows(path))


def _make_counter(folder: Path | None) -> CountTokens | None:
    if folder is None:
        return None
    try:
        return open_token_counter(folder)
    except ShopBenchError:  # loading the model reports a broken tokenizer
        return None


def _open_base(recipe: Recipe, machine: Machine) -> Checkpoint | None:
    name = recipe.text("model_name_or_path")
    if not name:
        raise ShopBenchError("'model_name_or_path' is missing; set it to a model folder or a model on the hub")
    folder: Path | None = Path(name)
    if is_hub_name(name):
        folder = find_in_hub_cache(name)
        if folder is None and machine.is_offline:
            raise ShopBenchError(
                f"'model_name_or_path': {name} is not in the hub's cache and HF_HUB_OFFLINE is set; "
                f"run `hf download {name}`, or set HF_HUB_OFFLINE=0"
            )
    base = None if folder is None else open_checkpoint(folder)
    if base is not None:
        base.read_shapes()  # detects truncated weights
    return base


def _read_datasets(recipe: Recipe, gathering: _Gathering) -> Iterator[Dataset]:
    names = [*recipe.names("dataset"), *recipe.names("eval_dataset")]
    folder = recipe.text("dataset_dir", "data")
    if not names or recipe.kind is not Kind.TRAIN or folder == "ONLINE" or folder.startswith("REMOTE:"):
        return
    info = Path(folder) / "dataset_info.json"
    known = gathering.read(partial(_read_info, info), None)
    if known is None:
        return
    for name in names:
        dataset = gathering.read(partial(_read_dataset, name, known, info), None)
        if dataset is not None:
            yield dataset


def _read_info(path: Path) -> dict[str, Any]:
    try:
        known = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (OSError, orjson.JSONDecodeError) as error:
        raise ShopBenchError(
            f"{path}: cannot be read as JSON; set dataset_dir to the folder that contains it"
        ) from error
    if not isinstance(known, dict):
        raise ShopBenchError(f"{path}: is not a JSON object; LlamaFactory requires dataset names as keys")
    return known


def _read_dataset(name: str, known: dict[str, Any], info: Path) -> Dataset:
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
    rows, report = tuple(read_first_rows(file)), _read_report(file)
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


def _read_report(file: Path) -> dict[str, Any]:
    try:
        report = orjson.loads(file.with_suffix(".report.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return report if isinstance(report, dict) else {}

"""What a recipe refers to: its settings, the dataset entries, first rows and base model they name, and the machine."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.formats.files import Row
from shopbench_plugin.llamafactory.checks.dataset_entries import (
    Dataset,
    find_dataset_info,
    read_dataset,
    read_dataset_info,
)
from shopbench_plugin.llamafactory.checks.machine import Machine, find_in_hub_cache, look_at_machine
from shopbench_plugin.llamafactory.checks.probing import read_usable_template
from shopbench_plugin.llamafactory.checks.recipe import Kind, Recipe
from shopbench_plugin.llamafactory.checks.rows import SUFFIXES, read_first_rows
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

T = TypeVar("T")


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
        saved_layers: the layers that the adapters in adapter_name_or_path save in full.
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
    saved_layers: frozenset[str] = frozenset()
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
    adapters = [Path(name) for name in recipe.names("adapter_name_or_path") if not is_hub_name(name)]
    saved_layers = [
        gathering.read(partial(_read_saved_layers, adapter, base), frozenset[str]()) for adapter in adapters
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
        saved_layers=frozenset().union(*saved_layers),
        calibration=gathering.read(lambda: _read_calibration(recipe), None),
        count_tokens=_make_counter(folder),
        failures=tuple(gathering.failures),
    )


def _read_template(folder: Path, recipe: Recipe) -> ChatTemplate | None:
    return read_usable_template(folder, is_parsed=not recipe.text("template"))


def _read_saved_layers(adapter: Path, base: Checkpoint | None) -> frozenset[str]:
    check_adapter(adapter, base)
    config = read_json_object(adapter / "adapter_config.json", "train the adapter again")
    return frozenset(map(str, config.get("modules_to_save") or []))


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
    return read_first_rows(path)


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
    info = find_dataset_info(recipe)
    if not names or recipe.kind is not Kind.TRAIN or info is None:
        return
    known = gathering.read(partial(read_dataset_info, info), None)
    if known is None:
        return
    for name in names:
        dataset = gathering.read(partial(read_dataset, name, known, info), None)
        if dataset is not None:
            yield dataset

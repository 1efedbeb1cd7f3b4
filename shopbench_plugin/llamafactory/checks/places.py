"""Folders that LlamaFactory writes, and other files and folders that a recipe names."""

import os
from collections.abc import Iterator
from pathlib import Path

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Kind
from shopbench_plugin.llamafactory.checks.resumption import STATE, is_checkpoint
from shopbench_plugin.models.checkpoints import is_hub_name

_LONGEST_NAME = 255
_OF_A_PROJECT = ("dataset_info.json", "pyproject.toml", ".git")
_FILES = ("new_special_tokens_config", "hyper_parallel_args")
_FOLDERS = ("cache_dir", "offload_folder", "tokenized_path", "logging_dir", "media_dir")
_MODELS = ("ref_model", "reward_model")


def find_wrong_outputs(facts: Facts) -> Iterator[Finding]:
    """An output folder that can't be one, or whose files would be mixed with the project, the data or the model."""
    recipe = facts.recipe
    if recipe.kind in (Kind.EXPORT, Kind.QUANTIZE):
        key = "export_dir"
    elif recipe.kind is Kind.TRAIN:
        key = "output_dir"
    else:
        return
    name = recipe.text(key)
    if not name:
        if recipe.settings.get(key) == "":
            yield Finding(f"'{key}' is empty; set it to a new folder such as outputs/model")
        return
    # transformers expands ~ in output_dir; nothing expands it in export_dir.
    if key == "export_dir" and name.startswith("~"):
        yield Finding(f"'{key}': LlamaFactory does not expand ~ in {name}; write the whole path")
        return
    folder = Path(os.path.expanduser(name))  # noqa: PTH111  a home that is unknown stays
    problem = _find_why_no_folder(folder) or _find_mixture(folder, facts)
    if problem:
        yield Finding(f"'{key}': {name} {problem}; choose a new folder such as outputs/model")


def _find_why_no_folder(folder: Path) -> str:
    """Return why no folder of this name can be written; "" if one can."""
    if any(len(part.encode()) > _LONGEST_NAME for part in folder.parts):
        return "is a name too long for the file system"
    try:
        place = next(one for one in (folder, *folder.absolute().parents) if one.exists() or one.is_symlink())
    except OSError as error:
        return f"can't be a folder ({error.strerror})"
    if not place.is_dir():
        return "is a file" if place == folder else f"lies below the file {place}"
    return "" if os.access(place, os.W_OK | os.X_OK) else f"cannot be written (no permission in {place})"


def _find_mixture(folder: Path, facts: Facts) -> str:
    """Return what the folder is or contains that must stay apart from a model's files; "" if nothing."""
    mark = next((name for name in _OF_A_PROJECT if (folder / name).exists()), None)
    if mark is not None:
        return f"contains {mark}: it is a project's folder, whose files would be mixed with the model's"
    resolved = folder.resolve()
    for what, protected in _list_protected(facts):
        place = protected.resolve()
        if place == resolved:
            return f"is {what}: its files would be mixed with the model's, or overwritten"
        if place.is_relative_to(resolved):
            return f"contains {what} ({protected})"
    return ""


def _list_protected(facts: Facts) -> Iterator[tuple[str, Path]]:
    yield "the current folder", Path.cwd()
    yield "your home folder", Path.home()
    recipe = facts.recipe
    base = recipe.text("model_name_or_path")
    # A training may go on from a checkpoint of its own output.
    if base and Path(base).exists() and not (recipe.kind is Kind.TRAIN and is_checkpoint(Path(base))):
        yield "the folder of model_name_or_path", Path(base)
    if recipe.kind is not Kind.TRAIN:
        yield from (("the adapter's folder", Path(name)) for name in recipe.names("adapter_name_or_path"))
    for dataset in facts.datasets:
        yield "the folder of dataset_info.json", dataset.info.parent
        if dataset.file is not None:
            yield f"the folder of dataset '{dataset.name}'", dataset.file.parent


def find_wrong_paths(facts: Facts) -> Iterator[Finding]:
    """Further files and folders that don't exist, or are the other of the two."""
    recipe = facts.recipe
    for key in _FILES:
        if recipe.text(key) and not Path(recipe.text(key)).is_file():
            yield Finding(f"'{key}': no such file: {recipe.text(key)}; fix the path")
    for key in _FOLDERS:
        if recipe.text(key) and Path(recipe.text(key)).is_file():
            yield Finding(f"'{key}': {recipe.text(key)} is a file, not a folder; fix the path")
    uses_models = recipe.kind is Kind.TRAIN and recipe.stage not in ("pt", "sft")
    for key in _MODELS if uses_models else ():
        name = recipe.text(key)
        if name and not is_hub_name(name) and not Path(name).is_dir():
            yield Finding(f"'{key}': no such model folder: {name}; fix the path")
    checkpoint = Path(recipe.text("resume_from_checkpoint") or "?")
    if checkpoint.is_dir() and not (checkpoint / STATE).is_file():
        yield Finding(
            f"'resume_from_checkpoint': {checkpoint} has no {STATE}; name a folder checkpoint-N of a training"
        )


CHECKS: tuple[Check, ...] = (find_wrong_outputs, find_wrong_paths)

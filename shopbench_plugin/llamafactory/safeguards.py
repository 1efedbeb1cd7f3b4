"""Protects LlamaFactory's outputs: one writer per folder, and no resuming from an incomplete checkpoint.

Imported only by `import_hook`, right after the modules of LlamaFactory that it changes have run.
"""

import os
import random
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.exits import explain_exit
from shopbench_plugin.llamafactory.checks.recipe import Recipe
from shopbench_plugin.llamafactory.checks.resumption import STATE, list_checkpoints, list_wrong_resumptions, read_state
from shopbench_plugin.llamafactory.training_data import note_data
from shopbench_plugin.storage import locks
from shopbench_plugin.storage.unfinished import mark_unfinished

_OPTIONS = (
    "output_dir",
    "do_train",
    "export_dir",
    "export_quantization_bit",
    "overwrite_output_dir",
    "resume_from_checkpoint",
    "max_steps",
    "num_train_epochs",
    "dataset",
    "dataset_dir",
)
_TRUE = {"true", "yes", "t", "y", "1"}


def guard_resuming(parser_module: ModuleType) -> None:
    """Make training resume from the last complete checkpoint; `parser_module` is llamafactory.hparams.parser."""
    take_newest = parser_module.get_last_checkpoint

    def get_last_checkpoint(folder: str) -> str | None:
        found = list_checkpoints(Path(folder))
        has_states = any((path / STATE).exists() for _, path in found)
        spans_nodes = _read_number("WORLD_SIZE", 1) > _read_number("LOCAL_WORLD_SIZE", 1)
        # Nodes without a shared file system must not each decide for themselves. A kill damages only one checkpoint:
        # if there are several and none has a state, the trainer doesn't write any, like PPO's.
        if spans_nodes or (len(found) > 1 and not has_states):
            newest: str | None = take_newest(folder)
            return newest
        return find_last_whole_checkpoint(folder)

    parser_module.get_last_checkpoint = get_last_checkpoint  # type: ignore[attr-defined]


def find_last_whole_checkpoint(folder: str) -> str | None:
    """Return a training run's newest complete checkpoint, or None.

    LlamaFactory uses the one with the highest step, even if the run was killed while writing it.
    """
    torn: list[Path] = []
    for step, path in list_checkpoints(Path(folder)):
        if read_state(path).get("global_step") == step:
            _tell_torn(torn, f"resuming from {path.name}")
            return str(path)
        torn.append(path)
    _tell_torn(torn, "no earlier one exists, starting from scratch")
    return None


def _tell_torn(torn: list[Path], consequence: str) -> None:
    for path in torn:
        sys.stderr.write(f"shopbench: {path}: checkpoint is incomplete; {consequence}\n")


def guard_outputs(tuner_module: ModuleType) -> None:
    """Mark a folder while it is written, and reject a second writer; `tuner_module` is llamafactory.train.tuner."""
    read_args, train, export = tuner_module.read_args, tuner_module.run_exp, tuner_module.export_model

    def run_exp(args: Any = None, callbacks: Any = None) -> None:
        is_program, args = args is None, read_args(args)
        recipe = _read_recipe(args)
        folder = os.path.expanduser(recipe.text("output_dir"))  # noqa: PTH111  as transformers does, also for unknown users
        with _explain(is_program, folder):
            _refuse_finished(recipe)
            with _mark(folder if recipe.flag("do_train") else ""), _note(folder, recipe):
                train(args, callbacks)

    def export_model(args: Any = None) -> None:
        is_program, args = args is None, read_args(args)
        recipe = _read_recipe(args)
        folder = recipe.text("export_dir")
        draws = _seed_draws() if recipe.text("export_quantization_bit") else nullcontext()
        with _explain(is_program, folder), _mark(folder), draws:
            export(args)

    tuner_module.run_exp = run_exp  # type: ignore[attr-defined]
    tuner_module.export_model = export_model  # type: ignore[attr-defined]


def _read_recipe(args: Any) -> Recipe:
    """Return the options used here of LlamaFactory's arguments: a recipe's settings or a command line."""
    options = args if isinstance(args, dict) else _parse_command(args)
    given = {name: value for name, value in options.items() if value is not None}
    settings = {name: value if isinstance(value, list) else str(value) for name, value in given.items()}
    flags = {name: str(given.get(name)).lower() in _TRUE for name in ("do_train", "overwrite_output_dir")}
    return Recipe(settings | flags)


def _parse_command(args: list[str]) -> dict[str, str | None]:
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    for name in _OPTIONS:  # as transformers' HfArgumentParser spells them
        parser.add_argument(f"--{name}", f"--{name.replace('_', '-')}", nargs="?", const="true")
    return vars(parser.parse_known_args(args)[0])


def _refuse_finished(recipe: Recipe) -> None:
    """Raise a ShopBenchError if the folder's training is complete, or was on other data."""
    if _read_number("RANK", 0) > 0:
        return
    for mistake in list_wrong_resumptions(recipe):
        raise ShopBenchError(mistake)


def _note(folder: str, recipe: Recipe) -> AbstractContextManager[None]:
    if not folder or not recipe.flag("do_train") or _read_number("RANK", 0) > 0:
        return nullcontext()
    return note_data(Path(folder), recipe, has_checkpoints=bool(list_checkpoints(Path(folder))))


@contextmanager
def _seed_draws() -> Iterator[None]:
    """Make GPTQ's calibration samples reproducible: LlamaFactory never seeds Python's generator, which draws them."""
    state = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(state)


@contextmanager
def _explain(is_program: bool, folder: str) -> Iterator[None]:
    """Exit with a one-line error if LlamaFactory runs as a program; code that calls it gets the original errors."""
    if not is_program or _read_number("RANK", 0) > 0 or threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with explain_exit(folder):
            yield
    finally:
        signal.signal(signal.SIGTERM, handler or signal.SIG_DFL)  # None if it was not set from Python


@contextmanager
def _mark(folder: str) -> Iterator[None]:
    """Mark the folder that is being written, if any; with several processes, only the first marks it."""
    if not folder or not locks.AVAILABLE or _read_number("RANK", 0) > 0:
        yield
        return
    with mark_unfinished(Path(folder)):
        yield


def _read_number(variable: str, otherwise: int) -> int:
    """Return one of torchrun's variables, which some launchers leave empty."""
    return int(os.environ.get(variable) or otherwise)

"""What a training run finds in its output_dir: nothing, a checkpoint to resume from, or a completed run."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Recipe
from shopbench_plugin.llamafactory.training_data import NOTE, find_other_data
from shopbench_plugin.storage.files import read_note
from shopbench_plugin.storage.unfinished import is_unfinished

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
STATE = "trainer_state.json"
"""The trainer's state in a checkpoint, which it writes last."""
_REMEDY = "choose another output_dir, or set overwrite_output_dir: true"
_FINISHED_FILES = ("adapter_model.safetensors", "model.safetensors", "model.safetensors.index.json")


def find_wrong_resumption(facts: Facts) -> Iterator[Finding]:
    """A checkpoint that doesn't exist, or an output folder whose training is complete."""
    yield from map(Finding, list_wrong_resumptions(facts.recipe))


def list_wrong_resumptions(recipe: Recipe) -> Iterator[str]:
    """Yield what is wrong with the checkpoint or the output folder that training would resume from.

    A run that was stopped between its last checkpoint and writing its weights is not complete: resuming writes them.
    """
    output = Path(os.path.expanduser(recipe.text("output_dir", "trainer_output")))  # noqa: PTH111  as transformers does
    checkpoint = recipe.text("resume_from_checkpoint")
    if recipe.flag("resume_from_checkpoint") and not list_checkpoints(output):
        yield f"'resume_from_checkpoint' is true, but {output} has no checkpoint; remove the key"
    elif checkpoint and checkpoint.lower() not in ("true", "false"):
        if Path(checkpoint).is_dir():
            yield from _find_other_data(Path(checkpoint).parent, recipe)
        else:
            yield f"'resume_from_checkpoint': no such folder: {checkpoint}; fix the path"
    elif recipe.flag("do_train") and not recipe.flag("overwrite_output_dir"):
        yield from list(_find_end(output, recipe)) or _find_other_data(output, recipe)


def _find_end(output: Path, recipe: Recipe) -> Iterator[str]:
    if not any(os.path.exists(output / name) for name in _FINISHED_FILES):  # noqa: PTH110  false for names too long, too
        return
    states = (read_state(checkpoint) for _, checkpoint in list_checkpoints(output))
    state = next(filter(None, states), None)
    if state is None:
        yield f"{output}: 'output_dir' already contains a trained model; {_REMEDY}"
    elif _is_over(state, recipe) and not is_unfinished(output):
        yield (
            f"{output}: 'output_dir' contains a completed training run (step {state['global_step']}), so this run "
            f"would train 0 steps and keep the old weights, even with other data; {_REMEDY}"
        )


def _find_other_data(output: Path, recipe: Recipe) -> Iterator[str]:
    other = find_other_data(output, recipe) if list_checkpoints(output) else ""
    if other:
        yield (
            f"{output}: its checkpoints were trained on {other}; restore the data, {_REMEDY} "
            f"(to continue on the new data, remove {output / NOTE})"
        )


def is_checkpoint(folder: Path) -> bool:
    """Return whether a folder has the name of a checkpoint."""
    return _CHECKPOINT.fullmatch(folder.resolve().name) is not None


def list_checkpoints(output: Path) -> list[tuple[int, Path]]:
    """Return the checkpoints in an output folder with their steps, newest first; none if there is no folder."""
    paths = output.iterdir() if os.path.isdir(output) else ()  # noqa: PTH112  false for names too long, too
    return sorted(((int(name[1]), path) for path in paths if (name := _CHECKPOINT.fullmatch(path.name))), reverse=True)


def read_state(checkpoint: Path) -> dict[str, Any]:
    """Return the trainer's state in a checkpoint; empty if the checkpoint is incomplete."""
    state = read_note(checkpoint / STATE)
    return state if isinstance(state.get("global_step"), int) else {}


def _is_over(state: dict[str, Any], recipe: Recipe) -> bool:
    most = recipe.number("max_steps")
    if most is not None and most > 0:
        return bool(state["global_step"] >= most)
    epochs = recipe.number("num_train_epochs") or 3.0  # the trainer's default
    return float(state.get("epoch") or 0) >= epochs


CHECKS: tuple[Check, ...] = (find_wrong_resumption,)

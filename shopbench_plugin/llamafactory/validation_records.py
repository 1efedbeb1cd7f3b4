"""What validation writes in addition to the losses: scores by step, a plot of both, and the best checkpoint."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shopbench_plugin.llamafactory.checks.resumption import STATE
from shopbench_plugin.storage.files import dump_json_line, read_json_lines, write_atomically

RECORDS: Final = "validation.jsonl"
PLOT: Final = "validation.png"
BEST: Final = "best"
_MODEL_FILES: Final = (".safetensors", ".json", ".jinja", ".txt", ".model", ".md")


@dataclass(frozen=True, slots=True)
class Validation:
    """One round of validation.

    Attributes:
        step: optimizer steps before it.
        score: ShopBench's overall score on the sampled questions, in [0, 1].
        tasks: the score of each task.
        seconds: how long the round took.
    """

    step: int
    score: float
    tasks: dict[str, float]
    seconds: float


def read_validations(folder: Path, *, before: int) -> list[Validation]:
    """Return an earlier run's rounds up to step `before`: a resumed run repeats the later ones."""
    path = folder / RECORDS
    rows = [row for _, row in read_json_lines(path)] if path.is_file() else []
    return [Validation(**row) for row in rows if row["step"] <= before]


def write_validations(folder: Path, validations: Sequence[Validation], losses: Sequence[Mapping[str, Any]]) -> None:
    """Write the rounds and the plot of scores and losses; `losses` is the trainer's log history."""
    with write_atomically(folder / RECORDS) as stream:
        stream.writelines(dump_json_line(validation) for validation in validations)
    _plot(folder / PLOT, validations, losses)


def find_best(validations: Sequence[Validation]) -> Validation | None:
    """Return the round with the highest score, the earliest if several are equal; None if there are no rounds."""
    return max(validations, key=lambda validation: validation.score, default=None)


def count_rounds_without_gain(validations: Sequence[Validation]) -> int:
    """Return how many rounds came after the best one."""
    best = find_best(validations)
    return 0 if best is None else len(validations) - 1 - validations.index(best)


def keep_best_checkpoint(folder: Path, step: int) -> None:
    """Keep the model files of checkpoint `step` as `best`, so that the trainer's rotation can't remove them.

    Files are hard links if the file system supports them. Optimizer states are left out.
    """
    checkpoint, best = folder / f"checkpoint-{step}", folder / BEST
    part = folder / f"{BEST}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for path in checkpoint.iterdir():
        if path.is_file() and path.suffix in _MODEL_FILES and path.name != STATE:
            _link(path, part / path.name)
    shutil.rmtree(best, ignore_errors=True)
    part.rename(best)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _plot(path: Path, validations: Sequence[Validation], losses: Sequence[Mapping[str, Any]]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    loss_axes = figure.add_subplot()
    points = [(entry["step"], entry["loss"]) for entry in losses if "loss" in entry]
    loss_axes.plot(*zip(*points, strict=True) if points else ((), ()), color="tab:gray", label="training loss")
    loss_axes.set_xlabel("step")
    loss_axes.set_ylabel("training loss")
    score_axes = loss_axes.twinx()
    steps, scores = [one.step for one in validations], [one.score for one in validations]
    score_axes.plot(steps, scores, color="tab:blue", marker="o", label="validation score")
    score_axes.set_ylabel("ShopBench score")
    score_axes.set_ylim(0, 1)
    best = find_best(validations)
    if best is not None:
        score_axes.annotate(f"best {best.score:.3f} at step {best.step}", (best.step, best.score), (5, 8),
                            textcoords="offset points")  # fmt: skip
    figure.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 0.98))
    with write_atomically(path) as stream:
        figure.savefig(stream, format="png", dpi=120)

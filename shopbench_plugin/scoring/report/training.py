"""Loss and validation curves of a training, from the files in the adapter's folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage.files import read_json_lines

_LOSSES = "trainer_log.jsonl"
_VALIDATION = "validation.jsonl"
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class TrainingCurves:
    """Points (optimizer step, value), in order of steps.

    Attributes:
        loss: LlamaFactory's training loss.
        eval_loss: its loss on the recipe's evaluation set, if there is one.
        score: ShopBench's score on the validation questions, if the training was validated.
    """

    loss: Curve
    eval_loss: Curve
    score: Curve


def read_curves(folder: Path) -> TrainingCurves:
    """Read LlamaFactory's trainer_log.jsonl and this project's validation.jsonl from a training's output_dir.

    Raises:
        ShopBenchError: the folder has neither.
    """
    losses, validations = _read(folder / _LOSSES), _read(folder / _VALIDATION)
    curves = TrainingCurves(
        loss=_pick(losses, "current_steps", "loss"),
        eval_loss=_pick(losses, "current_steps", "eval_loss"),
        score=_pick(validations, "step", "score"),
    )
    if not (curves.loss or curves.eval_loss or curves.score):
        raise ShopBenchError(f"{folder}: no losses in {_LOSSES} and no {_VALIDATION}; pass the training's output_dir")
    return curves


def _read(path: Path) -> list[Mapping[str, Any]]:
    return [row for _, row in read_json_lines(path)] if path.is_file() else []


def _pick(rows: list[Mapping[str, Any]], step: str, value: str) -> Curve:
    points = {
        float(row[step]): float(row[value])
        for row in rows
        if isinstance(row.get(step), int | float) and isinstance(row.get(value), int | float)
    }
    return tuple(sorted(points.items()))

"""Evaluations and comparisons as JSON: the contract that scripts rely on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from shopbench_plugin.scoring.aggregation import GroupKind
from shopbench_plugin.scoring.comparison import Comparison, Difference
from shopbench_plugin.scoring.evaluation import Evaluation
from shopbench_plugin.scoring.losses import sum_losses
from shopbench_plugin.scoring.provenance import describe_versions
from shopbench_plugin.scoring.records import GroupScore, Interval


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return `tasks`, `task_types`, `tracks` and `overall`, with the counts, intervals and notes that qualify them.

    A score is a number from 0 to 1, or null if no question of the group could be scored.
    """
    totals = evaluation.totals
    return {
        "overall": totals.overall.score,
        "mean_of_tasks": totals.mean_of_tasks.score,
        "tracks": {name: track.score for name, track in totals.tracks.items()},
        "task_types": {name: _score_to_json(group) for name, group in totals.task_types.items()},
        "tasks": {name: _score_to_json(task) for name, task in totals.tasks.items()},
        "questions": totals.overall.questions,
        "unparsable": totals.overall.unparsable,
        "not_scored": totals.overall.not_scored,
        "intervals": {
            "overall": _interval_to_json(totals.overall.interval),
            "tracks": {name: _interval_to_json(track.interval) for name, track in totals.tracks.items()},
        },
        "lost": {
            group.name or "overall": {cause.value: part for cause, part in lost.items()}
            for group, lost in sum_losses(evaluation.answers, totals).items()
            if group.kind in (GroupKind.OVERALL, GroupKind.TRACK)
        },
        "notes": evaluation.notes,
        "settings": asdict(evaluation.settings),
        "versions": describe_versions(evaluation.settings),
    }


def comparison_to_json(evaluations: Mapping[str, Evaluation], comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return each run's scores by its name, and each comparison's differences by kind of group."""
    return {
        "runs": {name: to_json(evaluation) for name, evaluation in evaluations.items()},
        "comparisons": [
            {"baseline": comparison.baseline, "candidate": comparison.candidate, **_differences_to_json(comparison)}
            for comparison in comparisons
        ],
    }


def _differences_to_json(comparison: Comparison) -> dict[str, Any]:
    kinds = {"tasks": GroupKind.TASK, "task_types": GroupKind.TASK_TYPE, "tracks": GroupKind.TRACK}
    by_kind: dict[str, Any] = {
        key: {
            group.name: _difference_to_json(difference)
            for group, difference in comparison.differences.items()
            if group.kind is kind
        }
        for key, kind in kinds.items()
    }
    overall = [difference for group, difference in comparison.differences.items() if group.kind is GroupKind.OVERALL]
    return by_kind | {"overall": _difference_to_json(overall[0]) if overall else None}


def _difference_to_json(difference: Difference) -> dict[str, Any]:
    return {
        "difference": difference.difference,
        "interval": _interval_to_json(difference.interval),
        "p_value": difference.p_value,
        "verdict": difference.verdict,
    }


def _score_to_json(group: GroupScore) -> dict[str, Any]:
    return asdict(group) | {"interval": _interval_to_json(group.interval)}


def _interval_to_json(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]

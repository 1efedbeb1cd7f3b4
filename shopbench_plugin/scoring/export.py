"""An evaluation as JSON: the contract that scripts rely on."""

from typing import Any

from shopbench_plugin.scoring.evaluation import Evaluation
from shopbench_plugin.scoring.records import GroupScore


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return `tasks`, `task_types`, `tracks` and `overall`, with the counts and notes that qualify them.

    A score is a number from 0 to 1, or null where nothing of the group could be scored.
    """
    totals = evaluation.totals
    return {
        "overall": totals.overall.score,
        "tracks": {name: track.score for name, track in totals.tracks.items()},
        "task_types": {name: _to_json(group) for name, group in totals.task_types.items()},
        "tasks": {
            name: {"metric": task.metric, "task_type": task.task_type, "track": task.track, **_to_json(task)}
            for name, task in totals.tasks.items()
        },
        "questions": totals.overall.questions,
        "unparsable": totals.overall.unparsable,
        "not_scored": totals.overall.not_scored,
        "notes": evaluation.notes,
    }


def _to_json(group: GroupScore) -> dict[str, Any]:
    return {
        "score": group.score,
        "questions": group.questions,
        "unparsable": group.unparsable,
        "not_scored": group.not_scored,
    }

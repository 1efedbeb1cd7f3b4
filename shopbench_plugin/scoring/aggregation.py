"""Aggregates scored answers to the scores of tasks, task types, tracks and all around.

A task's score is the mean over its questions, except that micro F1 pools the counts. A track's score is the mean over
its tasks, and the score all around (track 5) is the mean over the tracks (the starter kit's README). The "Overall
Score" that the kit's local_evaluation.py prints is different: the mean over the tasks. Questions of one task may differ
in metric and type, as they do in published sets, but not in track.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import NamedTuple

from shopbench_plugin.core.errors import make_printable
from shopbench_plugin.scoring.records import GroupScore, ScoredAnswer, TaskScore
from shopbench_plugin.scoring.statistics import collect_statistics

_TRACK_PREFIX = "amazon-kdd-cup-24-"


class GroupKind(StrEnum):
    """What a score summarizes."""

    TASK = "task"
    TASK_TYPE = "task type"
    TRACK = "track"
    MEAN_OF_TASKS = "mean of tasks"
    OVERALL = "all around"


_NAMES = {
    GroupKind.OVERALL: "all around (mean of tracks)",
    GroupKind.MEAN_OF_TASKS: "mean of tasks (the kit's Overall Score)",
}


class Group(NamedTuple):
    """A group of questions; the name is "" for the two that contain all questions."""

    kind: GroupKind
    name: str = ""


def shorten_group(group: Group) -> str:
    """Return the group's display name: printable, and without the prefix that all tracks share."""
    return make_printable(group.name.removeprefix(_TRACK_PREFIX)) or _NAMES[group.kind]


@dataclass(frozen=True, slots=True)
class Totals:
    """The scores of all groups: tasks, task types and tracks by name, and the two means of everything.

    `mean_of_tasks` is what the kit calls Overall Score. `overall` is the score all around: the mean over the tracks, or
    over the tasks if no question has a track.
    """

    tasks: dict[str, TaskScore]
    task_types: dict[str, GroupScore]
    tracks: dict[str, GroupScore]
    mean_of_tasks: GroupScore
    overall: GroupScore

    def list_groups(self) -> dict[Group, GroupScore]:
        """Return all scores by group: tasks, then task types, tracks and the two means of everything."""
        return {
            **{Group(GroupKind.TASK, name): task for name, task in self.tasks.items()},
            **{Group(GroupKind.TASK_TYPE, name): score for name, score in self.task_types.items()},
            **{Group(GroupKind.TRACK, name): score for name, score in self.tracks.items()},
            Group(GroupKind.MEAN_OF_TASKS): self.mean_of_tasks,
            Group(GroupKind.OVERALL): self.overall,
        }

    def list_members(self) -> dict[Group, list[Group]]:
        """Return the groups whose scores are averaged into each group that isn't a task; members come first."""
        tasks = [Group(GroupKind.TASK, name) for name in self.tasks]
        tracks = [Group(GroupKind.TRACK, name) for name in self.tracks]
        return {
            **{
                Group(GroupKind.TASK_TYPE, name): [task for task in tasks if self.tasks[task.name].task_type == name]
                for name in self.task_types
            },
            **{track: [task for task in tasks if self.tasks[task.name].track == track.name] for track in tracks},
            Group(GroupKind.MEAN_OF_TASKS): tasks,
            Group(GroupKind.OVERALL): tracks or tasks,
        }


def aggregate(answers: Sequence[ScoredAnswer]) -> Totals:
    """Return the scores of every group of `answers`, without intervals."""
    tasks = {name: _describe_task(group) for name, group in group_by_task(answers).items()}
    types = dict.fromkeys(task.task_type for task in tasks.values())
    tracks = dict.fromkeys(task.track for task in tasks.values() if task.track is not None)
    track_scores = {track: _join(task for task in tasks.values() if task.track == track) for track in tracks}
    return Totals(
        tasks=tasks,
        task_types={name: _join(task for task in tasks.values() if task.task_type == name) for name in types},
        tracks=track_scores,
        mean_of_tasks=_join(tasks.values()),
        overall=_join(track_scores.values() or tasks.values()),
    )


def group_by_task(answers: Iterable[ScoredAnswer]) -> dict[str, list[ScoredAnswer]]:
    """Return the answers by the name of their task, tasks in order of first appearance."""
    groups: dict[str, list[ScoredAnswer]] = {}
    for answer in answers:
        groups.setdefault(str(answer.answered.question.task_name), []).append(answer)
    return groups


def score_task(answers: Iterable[ScoredAnswer]) -> float | None:
    """Return the mean score of one task's answers, counts of pooled metrics pooled; None if none is scored."""
    statistics = collect_statistics(answers)
    return float(statistics.score(statistics.rows.sum(axis=0))) if len(statistics.rows) else None


def _describe_task(answers: Sequence[ScoredAnswer]) -> TaskScore:
    questions = [answer.answered.question for answer in answers]
    return TaskScore(
        score=score_task(answers),
        questions=len(answers),
        unparsable=sum(answer.is_unparsable for answer in answers),
        not_scored=sum(answer.score is None for answer in answers),
        metric=" + ".join(dict.fromkeys(str(question.metric) for question in questions)),
        task_type=" + ".join(dict.fromkeys(str(question.task_type) for question in questions)),
        track=questions[0].track,
    )


def _join(groups: Iterable[GroupScore]) -> GroupScore:
    """Return the mean score of the `groups` that have one, and the sums of all counts."""
    members = list(groups)
    scores = [member.score for member in members if member.score is not None]
    return GroupScore(
        score=fmean(scores) if scores else None,
        questions=sum(member.questions for member in members),
        unparsable=sum(member.unparsable for member in members),
        not_scored=sum(member.not_scored for member in members),
    )

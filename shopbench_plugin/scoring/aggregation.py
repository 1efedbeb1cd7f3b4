"""Aggregates scored answers to the scores of tasks, task types, tracks and all around.

A task's score is the mean over its questions, except that micro F1 pools the counts. A track's score is the mean over
its tasks, and the score all around (track 5) is the mean over the tracks (the starter kit's README). The "Overall
Score" that the kit's local_evaluation.py prints is different: the mean over the tasks. Questions of one task may differ
in metric and type, as they do in published sets, but not in track.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import NamedTuple, TypeVar

from shopbench_plugin.core.errors import make_printable
from shopbench_plugin.scoring.records import GroupScore, ScoredAnswer, TaskScore
from shopbench_plugin.scoring.statistics import collect_statistics

T = TypeVar("T")

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
    """The scores of all groups.

    Attributes:
        groups: the scores of tasks, then of task types, tracks and the two means of everything.
        members: the groups whose scores are averaged into each group that isn't a task; members come first.
    """

    groups: dict[Group, GroupScore]
    members: dict[Group, list[Group]]

    @property
    def tasks(self) -> dict[str, TaskScore]:
        """The scores of the tasks by name."""
        return {group.name: score for group, score in self.groups.items() if isinstance(score, TaskScore)}

    @property
    def task_types(self) -> dict[str, GroupScore]:
        """The scores of the task types by name."""
        return self._select(GroupKind.TASK_TYPE)

    @property
    def tracks(self) -> dict[str, GroupScore]:
        """The scores of the tracks by name."""
        return self._select(GroupKind.TRACK)

    @property
    def mean_of_tasks(self) -> GroupScore:
        """What the kit calls Overall Score."""
        return self.groups[Group(GroupKind.MEAN_OF_TASKS)]

    @property
    def overall(self) -> GroupScore:
        """The score all around: the mean over the tracks, or over the tasks if no question has a track."""
        return self.groups[Group(GroupKind.OVERALL)]

    def _select(self, kind: GroupKind) -> dict[str, GroupScore]:
        return {group.name: score for group, score in self.groups.items() if group.kind is kind}


def aggregate(answers: Sequence[ScoredAnswer]) -> Totals:
    """Return the scores of every group of `answers`, which must not be empty, without intervals."""
    tasks = {Group(GroupKind.TASK, name): _describe_task(group) for name, group in group_by_task(answers).items()}
    members = _list_members(tasks)
    return Totals(join_members(tasks, members, _join), members)


def _list_members(tasks: Mapping[Group, TaskScore]) -> dict[Group, list[Group]]:
    """Return the groups that make up each group above the tasks."""
    by_type: dict[Group, list[Group]] = {}
    by_track: dict[Group, list[Group]] = {}
    for group, task in tasks.items():
        by_type.setdefault(Group(GroupKind.TASK_TYPE, task.task_type), []).append(group)
        if task.track is not None:
            by_track.setdefault(Group(GroupKind.TRACK, task.track), []).append(group)
    means = {Group(GroupKind.MEAN_OF_TASKS): list(tasks), Group(GroupKind.OVERALL): list(by_track or tasks)}
    return {**by_type, **by_track, **means}


def join_members(
    tasks: Mapping[Group, T], members: Mapping[Group, Sequence[Group]], join: Callable[[list[T]], T]
) -> dict[Group, T]:
    """Return a value per group: those of tasks unchanged, the others joined from their members' values.

    A group none of whose members has a value is left out.
    """
    known = dict(tasks)
    for group, parts in members.items():
        found = [known[part] for part in parts if part in known]
        if found:
            known[group] = join(found)
    return known


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


def _join(members: Sequence[GroupScore]) -> GroupScore:
    """Return the mean score of the `members` that have one, and the sums of all counts."""
    scores = [member.score for member in members if member.score is not None]
    return GroupScore(
        score=fmean(scores) if scores else None,
        questions=sum(member.questions for member in members),
        unparsable=sum(member.unparsable for member in members),
        not_scored=sum(member.not_scored for member in members),
    )

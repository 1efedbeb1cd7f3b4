"""How far a score could be off, given its number of questions.

Bootstrap: each task's questions are resampled with replacement, the task is scored as usual, and tracks are means
over tasks. The tasks themselves are fixed: an interval is for other questions of the same tasks.
"""

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from shopbench_plugin.scoring.aggregation import Group, GroupKind, Totals, group_by_task
from shopbench_plugin.scoring.records import Interval, ScoredAnswer, ScoringSettings
from shopbench_plugin.scoring.resampling import average_groups, draw_bootstrap
from shopbench_plugin.scoring.statistics import collect_statistics

if TYPE_CHECKING:
    from shopbench_plugin.scoring.metric import Floats

_NO_SPREAD = 1e-9


def add_intervals(totals: Totals, answers: Sequence[ScoredAnswer], settings: ScoringSettings) -> Totals:
    """Return `totals` with an interval for each group that has a score; no intervals if `settings.resamples` is 0.

    A group in which no task shows any spread gets the mean of its members' intervals, which is wide enough.
    """
    if settings.resamples == 0:
        return totals
    intervals = {
        group: _find_interval(draws, settings.confidence)
        for group, draws in _draw_groups(totals, answers, settings).items()
    }
    for name, task in group_by_task(answers).items():
        constant = _find_constant_interval(task, settings.confidence)
        if constant is not None:
            intervals[Group(GroupKind.TASK, name)] = constant
    for group, members in totals.members.items():
        if group in intervals and intervals[group].high - intervals[group].low < _NO_SPREAD:
            intervals[group] = _average([intervals[member] for member in members if member in intervals])
    groups = {group: replace(score, interval=intervals.get(group)) for group, score in totals.groups.items()}
    return replace(totals, groups=groups)


def _draw_groups(totals: Totals, answers: Sequence[ScoredAnswer], settings: ScoringSettings) -> "dict[Group, Floats]":
    """Return `settings.resamples` resampled scores for every group that has a score."""
    statistics = {name: collect_statistics(task) for name, task in group_by_task(answers).items()}
    draws = {
        name: draw_bootstrap(name, task, settings.resamples, settings.seed)
        for name, task in statistics.items()
        if len(task.rows)
    }
    return average_groups(totals, draws)


def _find_interval(draws: "Floats", confidence: float) -> Interval:
    """Return the middle `confidence` of resampled scores (percentile bootstrap)."""
    import numpy as np

    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _find_constant_interval(answers: Sequence[ScoredAnswer], confidence: float) -> Interval | None:
    """Return the interval of a task whose answers all have the same score, or None if they differ.

    Resampling shows no spread there, but a share q of other scores goes unseen in n questions with probability
    (1 - q)^n; the interval lets the largest such share score 0 or 1 (Clopper and Pearson's bound for 0 and 1).
    For four right answers of four it is 0.40 to 1.
    """
    scores = [answer.score for answer in answers if answer.score is not None]
    if len(set(scores)) != 1:
        return None
    score, seen = scores[0], ((1 - confidence) / 2) ** (1 / len(scores))
    return Interval(min(score, score * seen), max(score, 1 - (1 - score) * seen))


def _average(intervals: Sequence[Interval]) -> Interval:
    return Interval(fmean(one.low for one in intervals), fmean(one.high for one in intervals))

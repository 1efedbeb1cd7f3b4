"""Answers as rows of numbers: a task's score depends only on their sums."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopbench_plugin.scoring.metric import PooledMetric
from shopbench_plugin.scoring.records import ScoredAnswer

if TYPE_CHECKING:
    from shopbench_plugin.scoring.metric import Floats


@dataclass(frozen=True, slots=True)
class Statistics:
    """One task's scored answers.

    Attributes:
        rows: shape (answers, columns). Columns: 1 and the score if the metric is a mean; then, for each pooled
            metric of the task, 1 and its counts; 0 elsewhere.
        pools: each pooled metric with the index of its first column and its number of counts.
    """

    rows: "Floats"
    pools: tuple[tuple[PooledMetric, int, int], ...]

    def score(self, sums: "Floats") -> "Floats":
        """Return the task score of each row of summed statistics; the last axis is the columns."""
        number, total = sums[..., 0], sums[..., 1]
        for metric, first, width in self.pools:
            counted = sums[..., first]
            number = number + counted
            total = total + counted * metric.pool(sums[..., first + 1 : first + 1 + width])
        scores: Floats = total / number
        return scores

    def spread(self) -> "Floats":
        """Return one value per answer, with the task's score as their mean, for methods that need means.

        For a mean these are the scores; for a pooled metric, jackknife pseudo-values: n times the task's score minus
        (n - 1) times the score without the answer, shifted to have the task's score as their mean.
        """
        import numpy as np

        size, sums = len(self.rows), self.rows.sum(axis=0)
        whole = self.score(sums)
        if not self.pools or size == 1:
            plain: Floats = np.where(self.rows[:, 0] > 0, self.rows[:, 1], whole)
            return plain
        values: Floats = size * whole - (size - 1) * self.score(sums - self.rows)
        values += whole - values.mean()
        return values


def collect_statistics(answers: Iterable[ScoredAnswer]) -> Statistics:
    """Return the statistics of one task's answers."""
    import numpy as np

    scored = [answer for answer in answers if answer.score is not None]
    columns, pools = 2, {}
    for answer in scored:
        if isinstance(answer.metric, PooledMetric) and answer.counts is not None and answer.metric not in pools:
            pools[answer.metric] = columns
            columns += 1 + len(answer.counts)
    rows = np.zeros((len(scored), columns))
    widths = {}
    for row, answer in zip(rows, scored, strict=True):
        if isinstance(answer.metric, PooledMetric) and answer.counts is not None:
            first, widths[answer.metric] = pools[answer.metric], len(answer.counts)
            row[first : first + 1 + len(answer.counts)] = (1, *answer.counts)
        elif answer.score is not None:
            row[:2] = (1, answer.score)
    return Statistics(rows, tuple((metric, first, widths[metric]) for metric, first in pools.items()))

"""Interval and verdict of a paired difference by one method: random halves of the questions.

Hartigan's typical values (1969): if no answer pattern is favoured, the true difference lies below the mean
difference of a random half of the questions as often as above it. The halves' means, sorted, therefore bound the
difference: 95 % of them make a 95 % interval, and p is twice the smaller share of halves on either side of 0. It is the
test that swaps a question's two answers at random, solved for the difference, so interval and p always agree.
An empty half gives no bound; with fewer than six questions, empty halves are so frequent that there is no interval.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopbench_plugin.scoring.records import Interval

if TYPE_CHECKING:
    from shopbench_plugin.scoring.metric import Floats

_SAME = 1e-12


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The interval (None if there are too few questions or they differ too little) and p."""

    interval: Interval | None
    p_value: float


def judge_halves(halves: "Floats", questions: int, confidence: float) -> PairedTest:
    """Return the interval and p of a difference.

    Args:
        halves: for each random half, the weighted sum of its differences and the sum of its weights; shape (halves, 2).
        questions: the number of questions that the halves are drawn from.
        confidence: of the interval.
    """
    import numpy as np

    totals, weights = halves[:, 0], halves[:, 1]
    is_empty = weights < _SAME
    means = np.where(is_empty, 0.0, totals / np.where(is_empty, 1.0, weights))
    means[abs(means) < _SAME] = 0.0
    below, above = int((means <= 0).sum()), int((means >= 0).sum())  # an empty half counts on both sides
    p_value = min(1.0, 2 * (min(below, above) + 1) / (len(means) + 1))
    tail = (1 - confidence) / 2
    if 0.5**questions > tail:
        return PairedTest(None, max(p_value, 2 * 0.5**questions))
    rank = max(1, int(tail * (len(means) + 1)))
    low = np.sort(np.where(is_empty, -np.inf, means))[rank - 1]
    high = np.sort(np.where(is_empty, np.inf, means))[-rank]
    has_width = np.isfinite(low) and np.isfinite(high) and high - low > _SAME
    return PairedTest(Interval(float(low), float(high)) if has_width else None, p_value)

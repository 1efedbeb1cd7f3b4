"""Scores of tasks from sums over questions, so that thousands of resamples are scored at once.

A question becomes a row of numbers whose sums over a task are all that the task's score depends on: the mean for most
metrics, pooled entity counts for micro F1.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from shopbench_plugin.scoring.aggregation import Group, GroupKind, Totals
from shopbench_plugin.scoring.records import ScoredAnswer

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_MAX_CELLS = 4_000_000


def collect_statistics(answers: Sequence[ScoredAnswer]) -> "Floats":
    """Return one row for each answer with a score.

    Columns: 1 and the score where the metric is a mean; 1, true positives, false positives and false negatives where
    it is micro F1; 0 elsewhere. Shape (answers, 6).
    """
    import numpy as np

    rows: list[tuple[float, ...]] = []
    for answer in answers:
        counts = answer.counts
        if counts is not None:
            rows.append((0, 0, 1, counts.true_positives, counts.false_positives, counts.false_negatives))
        elif answer.score is not None:
            rows.append((1, answer.score, 0, 0, 0, 0))
    return np.array(rows, dtype=np.float64).reshape(-1, 6)


def score_sums(sums: "Floats") -> "Floats":
    """Return the task score behind each row of summed statistics; the last axis holds the six columns."""
    import numpy as np

    means, total, entities, found, invented, missed = np.moveaxis(sums, -1, 0)
    f1 = 2 * found / np.maximum(2 * found + invented + missed, 1)
    scores: Floats = (total + entities * f1) / (means + entities)
    return scores


def draw_bootstrap(name: str, statistics: "Floats", resamples: int, seed: int) -> "Floats":
    """Return the task's score in each of `resamples` draws of its questions with replacement.

    The draws depend on the seed, the task's name and its size alone, so two models' draws are of the same questions.
    """
    import numpy as np

    size = len(statistics)
    generator = seed_generator(name, seed)
    parts = [
        score_sums(statistics[generator.integers(0, size, (count, size))].sum(axis=1))
        for count in split_resamples(resamples, statistics.size)
    ]
    return np.concatenate(parts)


def seed_generator(name: str, seed: int) -> "np.random.Generator":
    """Return a generator of its own for each task, the same on every machine."""
    import numpy as np

    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def split_resamples(resamples: int, cells: int) -> Iterator[int]:
    """Yield portions of `resamples` that each fit in memory, where one takes `cells` numbers."""
    portion = max(1, _MAX_CELLS // max(1, cells))
    for start in range(0, resamples, portion):
        yield min(portion, resamples - start)


def average_groups(totals: Totals, tasks: Mapping[str, "Floats"]) -> dict[Group, "Floats"]:
    """Return the resampled scores of all groups: those of tasks as given, the others as means of their members'."""
    import numpy as np

    known: dict[Group, Floats] = {Group(GroupKind.TASK, name): scores for name, scores in tasks.items()}
    for group, members in totals.list_members().items():
        found = [known[member] for member in members if member in known]
        if found:
            known[group] = np.mean(found, axis=0)
    return known

"""Random draws of a task's questions, thousands at once, and the resulting scores of the groups above tasks."""

import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from shopbench_plugin.scoring.aggregation import Group, GroupKind, Totals, join_members
from shopbench_plugin.scoring.statistics import Statistics

if TYPE_CHECKING:
    import numpy as np

    from shopbench_plugin.scoring.metric import Floats

_MAX_CELLS = 4_000_000


def draw_bootstrap(name: str, statistics: Statistics, resamples: int, seed: int) -> "Floats":
    """Return the task's score in each of `resamples` draws of its questions with replacement.

    The draws depend only on the seed, the task's name and its size.
    """
    import numpy as np

    size = len(statistics.rows)
    generator = seed_generator(name, seed)
    parts = [
        statistics.score(statistics.rows[generator.integers(0, size, (count, size))].sum(axis=1))
        for count in split_resamples(resamples, statistics.rows.size)
    ]
    return np.concatenate(parts)


def draw_halves(name: str, values: "Floats", resamples: int, seed: int) -> "Floats":
    """Return sums over random halves of a task's values: each value is in a half with probability 1/2.

    Shape (resamples, 2): the sum of the half's values and their number, both divided by the number of all values.
    """
    import numpy as np

    generator = seed_generator(f"half {name}", seed)
    columns = np.stack([values, np.ones_like(values)], axis=1) / len(values)
    parts = [
        generator.integers(0, 2, (count, len(values))) @ columns for count in split_resamples(resamples, len(values))
    ]
    return np.concatenate(parts)


def seed_generator(name: str, seed: int) -> "np.random.Generator":
    """Return a separate generator for each task, the same on every machine."""
    import numpy as np

    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def split_resamples(resamples: int, cells: int) -> Iterator[int]:
    """Yield portions of `resamples` that each fit in memory, if one resample needs `cells` numbers."""
    portion = max(1, _MAX_CELLS // max(1, cells))
    for start in range(0, resamples, portion):
        yield min(portion, resamples - start)


def average_groups(totals: Totals, tasks: Mapping[str, "Floats"]) -> "dict[Group, Floats]":
    """Return the resampled values of all groups: those of tasks unchanged, the others as means of their members'."""
    import numpy as np

    known = {Group(GroupKind.TASK, name): scores for name, scores in tasks.items()}
    return join_members(known, totals.members, lambda found: np.mean(found, axis=0))

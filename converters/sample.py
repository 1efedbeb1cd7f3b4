"""Which rows are kept, and the order of their lines: by keys derived from each row's text alone (see `keys`)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import combinations
from operator import attrgetter

import numpy as np

from converters.blocks import BlockResult, Entry
from converters.settings import ConversionSettings
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import SPLITS


@dataclass(slots=True)
class Selection:
    """The rows that are kept, and counts of repeats and leaks.

    Attributes:
        kept: the rows that are kept.
        exact_repeats: task -> rows whose fields all equal an earlier row's.
        sample_repeats: task -> rows that repeat a sample in other words or under another setting or split.
        removed: task -> rows removed as repeats of either kind.
        leaks: (task, "train/test") -> samples that are in both splits, including splits that aren't selected.
    """

    kept: list[Entry] = field(default_factory=list)
    exact_repeats: Counter[str] = field(default_factory=Counter)
    sample_repeats: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    leaks: Counter[tuple[str, str]] = field(default_factory=Counter)


def select(blocks: Sequence[BlockResult], settings: ConversionSettings) -> Selection:
    """Return the rows to keep: the selected ones, on request without repeats, as many as the sample has.

    Raises:
        ShopBenchError: a source has a weight but no rows, so the weights allow no rows from the others.
    """
    entries = [entry for block in blocks for entry in block.entries]
    found = Selection(leaks=_count_leaks(entries))
    candidates = [entry for entry in entries if entry.line]
    firsts = _find_firsts(candidates, found)
    if settings.remove_repeats:
        candidates, found.removed = firsts, found.exact_repeats + found.sample_repeats
    pools = [candidates]
    if settings.weights:
        numbers = range(len(settings.sources))
        pools = [[entry for entry in candidates if blocks[entry.block].source == number] for number in numbers]
    quotas = share_out([*map(len, pools)], settings.weights, settings.sample)
    if not any(quotas) and any(pools):
        empty = next(name for name, pool in zip(settings.sources, pools, strict=True) if not pool)
        raise ShopBenchError(
            f"{empty}: no rows to convert (all are invalid, not selected, or repeat another source's), so the weights "
            "allow no rows from the other sources; fix or remove this source, or pass --sample"
        )
    for pool, quota in zip(pools, quotas, strict=True):
        found.kept += nsmallest(quota, pool, key=attrgetter("draw")) if quota < len(pool) else pool
    return found


def sort_lines(kept: Sequence[Entry]) -> list[bytes]:
    """Return the lines of the kept rows, sorted by their place keys.

    Only exact repeats share a key, so it doesn't matter which of them comes first.
    """
    originals = [entry for entry in kept if entry.original]
    places = [*(entry.place for entry in kept), *(entry.original_place for entry in originals)]
    lines = [*(entry.line for entry in kept), *(entry.original for entry in originals)]
    return [lines[number] for number in np.argsort(np.array(places, np.uint64)).tolist()]


def share_out(available: Sequence[int], weights: Sequence[float], sample: int | None) -> list[int]:
    """Return how many rows to draw from each pool.

    Without weights there is one pool, and the sample is drawn from it. With weights every source contributes its share
    of the sample, or, without a sample, of as many rows as the shares allow without repeating one; a source too small
    for its share contributes all its rows.
    """
    if not weights:
        return [rows if sample is None else min(sample, rows) for rows in available]
    shares = [weight / sum(weights) for weight in weights]
    wanted = sample or min(int(rows / share) for rows, share in zip(available, shares, strict=True))
    quotas = [int(wanted * share) for share in shares]
    most_cut_off = sorted(range(len(shares)), key=lambda number: quotas[number] - wanted * shares[number])
    for number in most_cut_off[: wanted - sum(quotas)]:
        quotas[number] += 1
    return [min(quota, rows) for quota, rows in zip(quotas, available, strict=True)]


def _find_firsts(candidates: Sequence[Entry], found: Selection) -> list[Entry]:
    """Return the row with the smallest draw of each sample, and count the others."""
    firsts: dict[int, Entry] = {}
    draws: set[int] = set()
    for entry in candidates:
        sample, draw = entry.sample, entry.draw
        first = firsts.setdefault(sample, entry)
        if draw in draws:
            found.exact_repeats[entry.task] += 1
        elif first is not entry:
            found.sample_repeats[entry.task] += 1
            if draw < first.draw:
                firsts[sample] = entry
        draws.add(draw)
    return [*firsts.values()]


def _count_leaks(entries: Sequence[Entry]) -> Counter[tuple[str, str]]:
    leaks: Counter[tuple[str, str]] = Counter()
    tasks = {split: {entry.sample: entry.task for entry in entries if entry.split == split} for split in SPLITS}
    for one, other in combinations(SPLITS, 2):
        leaks.update((tasks[one][sample], f"{one}/{other}") for sample in tasks[one].keys() & tasks[other].keys())
    return leaks

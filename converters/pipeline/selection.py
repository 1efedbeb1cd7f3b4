"""Which rows stay: repeats, leaks between splits, the sample, and the shares of several sources."""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.pipeline.index import INDEX_FIELDS
from converters.pipeline.settings import ConversionSettings
from converters.pipeline.work import BlockResult, Group
from shopbench_plugin.ecinstruct.rows import SPLITS

LONGEST = 10

_ENTRY = np.dtype(list(INDEX_FIELDS.items()))

# Rows of the index: a structured array with the fields of `index`.
Rows = NDArray[Any]
Keys = NDArray[np.uint64]


class LongPrompt(NamedTuple):
    """A converted row of many characters."""

    length: int
    file: str
    line: int
    task: str


class Kept(NamedTuple):
    """Which rows stay: a byte for each row of the run, and where the rows of each block start among them."""

    flags: bytes
    starts: list[int]


@dataclass(slots=True)
class RowSelection:
    """The rows that stay, and what was seen on the way.

    Attributes:
        kept: the rows that stay; None where all candidates do.
        converted: group -> rows that stay.
        candidates: task -> rows of the splits and settings asked for.
        exact_repeats: task -> candidates that say in every field what another does, the first not counted.
        sample_repeats: task -> candidates that repeat a sample in other words or under another setting or split.
        removed: task -> candidates left out as repeats.
        leaks: (task, "train/test") -> samples that are in both splits, also where a split was not asked for.
        longest: the longest prompts, longest first.
        by_source: number of a source -> its rows that stay.
        empty_pools: numbers of the sources with a weight, but without a row that could stay.
    """

    kept: Kept | None = None
    converted: Counter[Group] = field(default_factory=Counter)
    candidates: Counter[str] = field(default_factory=Counter)
    exact_repeats: Counter[str] = field(default_factory=Counter)
    sample_repeats: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    leaks: Counter[tuple[str, str]] = field(default_factory=Counter)
    longest: list[LongPrompt] = field(default_factory=list)
    by_source: Counter[int] = field(default_factory=Counter)
    empty_pools: list[int] = field(default_factory=list)


class Selector:
    """Looks at the index once to count, and once more, knowing the limits, to choose."""

    def __init__(self, settings: ConversionSettings, blocks: Sequence[BlockResult]) -> None:
        """Select among the rows of `blocks`, which are in the order of their numbers."""
        self._settings = settings
        self._blocks = blocks
        self._found = RowSelection()
        # One pool for all sources, or with weights one for each.
        weights = [source.weight for source in settings.sources]
        self._pools = np.array([number if weight else 0 for number, weight in enumerate(weights)])
        self._draws = [_Draws(settings.sample) for _ in np.unique(self._pools)]
        sizes = [block.rows for block in blocks]
        self._starts = np.cumsum([0, *sizes])
        # Every block has a list of groups of its own; the same group has the same number in all of them here.
        self._groups = list(dict.fromkeys(group for block in blocks for group in block.groups))
        numbers = {group: number for number, group in enumerate(self._groups)}
        self._group_numbers = np.array([numbers[group] for block in blocks for group in block.groups], np.intp)
        self._group_starts = np.cumsum([0, *(len(block.groups) for block in blocks)])
        self._flags = np.zeros(sum(sizes), np.uint8)

    def count(self, bucket: bytes | memoryview) -> bytes:
        """Take a bucket of the index into account; the rows of a sample are all in one bucket.

        Returns:
            The entries of the rows that may stay, in an order that does not depend on which process wrote first.
        """
        rows = _read_sorted(bucket)
        self._count_leaks(rows)
        candidates = rows[rows["is_candidate"] == 1]
        self._count_repeats(candidates)
        survivors = self._survive(candidates)
        pools = self._pools[survivors["source"]]
        for pool, draws in enumerate(self._draws):
            draws.add(survivors["draw"][pools == pool])
        return survivors.tobytes()

    def choose(self, buckets: Iterable[bytes]) -> RowSelection:
        """Return the selection, after a second look at every bucket, as `count` returned them."""
        weights = [source.weight for source in self._settings.sources]
        if any(weights):
            self._found.empty_pools = [number for number, draws in enumerate(self._draws) if not draws.count]
        quotas = share_out([draws.count for draws in self._draws], weights, self._settings.sample)
        limits = [_Limit(draws, quota) for draws, quota in zip(self._draws, quotas, strict=True)]
        for bucket in buckets:
            rows: Rows = np.frombuffer(bucket, _ENTRY)
            pools = self._pools[rows["source"]]
            admitted = [limit.admit(rows["draw"], pools == pool) for pool, limit in enumerate(limits)]
            self._keep(rows[np.logical_or.reduce(admitted)])
        if self._found.candidates.total() > self._found.converted.total():
            self._found.kept = Kept(self._flags.tobytes(), self._starts.tolist())
        return self._found

    def _survive(self, candidates: Rows) -> Rows:
        return candidates[~_repeats_sample(candidates)] if self._settings.remove_repeats else candidates

    def _keep(self, rows: Rows) -> None:
        self._flags[self._starts[rows["block"]] + rows["offset"]] = 1
        self._found.by_source.update(Counter(rows["source"].tolist()))
        for group, count in self._count_groups(rows).items():
            self._found.converted[group] += count
        longest = rows[np.argsort(rows["length"], kind="stable")[-LONGEST:]]
        self._found.longest = heapq.nlargest(LONGEST, self._found.longest + [self._describe(row) for row in longest])

    def _count_repeats(self, candidates: Rows) -> None:
        repeats = _repeats_sample(candidates)
        draws = candidates["draw"]
        exact = repeats.copy()
        exact[1:] &= draws[1:] == draws[:-1]
        self._add(self._found.candidates, candidates)
        self._add(self._found.exact_repeats, candidates[exact])
        self._add(self._found.sample_repeats, candidates[repeats & ~exact])
        if self._settings.remove_repeats:
            self._add(self._found.removed, candidates[repeats])

    def _count_leaks(self, rows: Rows) -> None:
        by_split = [np.unique(rows["sample"][rows["split"] == number]) for number in range(len(SPLITS))]
        for one, other in combinations(range(len(SPLITS)), 2):
            leaked = np.intersect1d(by_split[one], by_split[other], assume_unique=True)
            places = np.searchsorted(rows["sample"], leaked)
            for group, count in self._count_groups(rows[places]).items():
                self._found.leaks[group.task, f"{SPLITS[one]}/{SPLITS[other]}"] += count

    def _add(self, counter: Counter[str], rows: Rows) -> None:
        for group, count in self._count_groups(rows).items():
            counter[group.task] += count

    def _count_groups(self, rows: Rows) -> Counter[Group]:
        numbers = self._group_numbers[self._group_starts[rows["block"]] + rows["group"]]
        counts = np.bincount(numbers, minlength=len(self._groups)).tolist()
        return Counter({group: count for group, count in zip(self._groups, counts, strict=True) if count})

    def _describe(self, row: Any) -> LongPrompt:
        block = self._blocks[row["block"]]
        task = block.groups[row["group"]].task
        return LongPrompt(int(row["length"]), block.file, block.first + int(row["offset"]), task)


class _Draws:
    """The draws of a pool's rows, no more of them than can matter."""

    def __init__(self, most: int | None) -> None:
        """Remember the `most` smallest draws and the next one, or all of them."""
        self.count = 0
        self._most = most
        self._keys: Keys = np.zeros(0, np.uint64)

    def add(self, keys: Keys) -> None:
        """Take the draws of more rows."""
        self.count += len(keys)
        self._keys = np.concatenate([self._keys, keys])
        if self._most is not None and len(self._keys) > self._most + 1:
            self._keys = np.partition(self._keys, self._most)[: self._most + 1]

    def find_limit(self, quota: int) -> tuple[Any, int]:
        """Return the draw that `quota` draws lie below, and how many of those equal to it belong to them."""
        limit = np.partition(self._keys, quota)[quota]
        return limit, quota - int(np.count_nonzero(self._keys < limit))


class _Limit:
    """Admits a number of rows of a pool, those with the smallest draws."""

    def __init__(self, draws: _Draws, quota: int) -> None:
        """Admit `quota` of the rows with these draws; all of them where there are no more."""
        self._limit: Any = None
        self._ties = 0
        if quota < draws.count:
            self._limit, self._ties = draws.find_limit(quota)

    def admit(self, draws: Keys, mine: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which rows stay; of those that draw the very limit, exact repeats, as many as there is room for."""
        if self._limit is None:
            return mine
        admitted: NDArray[np.bool_] = mine & (draws < self._limit)
        ties = np.flatnonzero(mine & (draws == self._limit))[: self._ties]
        admitted[ties] = True
        self._ties -= len(ties)
        return admitted


def share_out(available: Sequence[int], weights: Sequence[float | None], sample: int | None) -> list[int]:
    """Return how many rows to draw from each pool.

    Without weights there is one pool, and the sample is drawn from it. With weights every source gives its share of the
    sample, or, without a sample, of as many rows as the shares allow without repeating one; a source too small for its
    share gives all it has.
    """
    given = [weight for weight in weights if weight]
    if not given:
        return [rows if sample is None else min(sample, rows) for rows in available]
    shares = [weight / sum(given) for weight in given]
    wanted = sample or min(int(rows / share) for rows, share in zip(available, shares, strict=True))
    quotas = [int(wanted * share) for share in shares]
    most_cut_off = sorted(range(len(shares)), key=lambda number: quotas[number] - wanted * shares[number])
    for number in most_cut_off[: wanted - sum(quotas)]:
        quotas[number] += 1
    return [min(quota, rows) for quota, rows in zip(quotas, available, strict=True)]


def _read_sorted(bucket: bytes | memoryview) -> Rows:
    """Return a bucket's rows sorted by sample, draw and place in the source."""
    rows: Rows = np.frombuffer(bucket, _ENTRY)
    places = rows["block"].astype(np.uint64) << np.uint64(32) | rows["offset"]
    in_order: Rows = rows[np.lexsort((places, rows["draw"], rows["sample"]))]
    return in_order


def _repeats_sample(rows: Rows) -> NDArray[np.bool_]:
    """Tell which of the sorted rows are of the same sample as the row before."""
    repeats = np.zeros(len(rows), np.bool_)
    repeats[1:] = rows["sample"][1:] == rows["sample"][:-1]
    return repeats

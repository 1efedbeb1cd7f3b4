"""Which rows stay: repeats, leaks between splits, the sample, and the shares of several sources."""

import heapq
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from converters.pipeline.index import IndexEntry, unpack_entries
from converters.pipeline.settings import ConversionSettings
from converters.pipeline.work import BlockResult
from converters.rows import SPLITS

LONGEST = 10


class LongPrompt(NamedTuple):
    """A converted row of many characters."""

    length: int
    file: str
    line: int
    task: str


@dataclass(slots=True)
class Selection:
    """The rows that stay, and what was seen on the way.

    Attributes:
        kept: block -> one byte for each of its rows, 1 where the row stays.
        converted: (task, answer) -> rows that stay.
        candidates: task -> rows of the splits and settings asked for.
        exact_repeats: task -> candidates that say in every field what another does, the first not counted.
        sample_repeats: task -> candidates that repeat a sample in other words or under another setting or split.
        removed: task -> candidates left out as repeats.
        leaks: (task, "train/test") -> samples that are in both splits, also where a split was not asked for.
        longest: the longest prompts, longest first.
        by_source: rows that stay of each source.
    """

    kept: dict[int, bytearray]
    converted: Counter[tuple[str, str]] = field(default_factory=Counter)
    candidates: Counter[str] = field(default_factory=Counter)
    exact_repeats: Counter[str] = field(default_factory=Counter)
    sample_repeats: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    leaks: Counter[tuple[str, str]] = field(default_factory=Counter)
    longest: list[LongPrompt] = field(default_factory=list)
    by_source: Counter[int] = field(default_factory=Counter)


class _Limit(NamedTuple):
    """A bound on the draw of a source's rows: all below `draw` stay, and `ties` of those equal to it."""

    draw: int
    ties: int


_NO_LIMIT = _Limit(1 << 64, 0)


class Selector:
    """Looks at the index twice: first to count, then, knowing the limits, to choose."""

    def __init__(self, settings: ConversionSettings, blocks: Sequence[BlockResult]) -> None:
        """Select among the rows of `blocks`, which are in the order of their numbers."""
        self._settings = settings
        self._blocks = blocks
        self._selection = Selection({number: bytearray(block.rows) for number, block in enumerate(blocks)})
        self._pools = _find_pools(settings)
        self._draws = [array("Q") for _ in set(self._pools)]

    def count(self, bucket: bytes) -> None:
        """Take a bucket of the index into account; the rows of a sample are all in one bucket."""
        for rows in group_samples(bucket):
            candidates = [row for row in rows if row.is_candidate]
            if len(rows) > 1:
                self._count_leaks(rows)
                self._count_repeats(candidates)
            for row in candidates:
                self._selection.candidates[self._task(row)] += 1
            for row in self._survivors(candidates):
                self._draws[self._pools[row.source]].append(row.draw)

    def choose(self, buckets: Iterable[bytes]) -> Selection:
        """Return the selection, after a second look at every bucket."""
        weights = [source.weight for source in self._settings.sources]
        quotas = share_out([len(draws) for draws in self._draws], weights, self._settings.sample)
        limits = [_find_limit(draws, quota) for draws, quota in zip(self._draws, quotas, strict=True)]
        ties = [limit.ties for limit in limits]
        longest: list[LongPrompt] = []
        for bucket in buckets:
            for rows in group_samples(bucket):
                for row in self._survivors([row for row in rows if row.is_candidate]):
                    pool = self._pools[row.source]
                    if row.draw < limits[pool].draw:
                        self._keep(row, longest)
                    elif row.draw == limits[pool].draw and ties[pool]:
                        ties[pool] -= 1
                        self._keep(row, longest)
        self._selection.longest = sorted(longest, reverse=True)
        return self._selection

    def _survivors(self, candidates: list[IndexEntry]) -> list[IndexEntry]:
        return candidates[:1] if self._settings.remove_repeats else candidates

    def _task(self, row: IndexEntry) -> str:
        return self._blocks[row.block].groups[row.group][0]

    def _count_repeats(self, candidates: list[IndexEntry]) -> None:
        found = self._selection
        for before, row in pairwise(candidates):
            task = self._task(row)
            (found.exact_repeats if row.draw == before.draw else found.sample_repeats)[task] += 1
            found.removed[task] += self._settings.remove_repeats

    def _count_leaks(self, rows: list[IndexEntry]) -> None:
        splits = sorted({row.split for row in rows})
        for one, other in combinations(splits, 2):
            self._selection.leaks[self._task(rows[0]), f"{SPLITS[one]}/{SPLITS[other]}"] += 1

    def _keep(self, row: IndexEntry, longest: list[LongPrompt]) -> None:
        block = self._blocks[row.block]
        group = block.groups[row.group]
        self._selection.kept[row.block][row.offset] = 1
        self._selection.converted[group] += 1
        self._selection.by_source[row.source] += 1
        if len(longest) < LONGEST or row.length >= longest[0].length:
            heapq.heappush(longest, LongPrompt(row.length, block.file, block.first + row.offset, group[0]))
            if len(longest) > LONGEST:
                heapq.heappop(longest)


def group_samples(bucket: bytes) -> Iterator[list[IndexEntry]]:
    """Yield the rows of each sample in a bucket of the index, sorted, so that processes don't decide on the order."""
    for _, rows in groupby(sorted(unpack_entries(bucket)), itemgetter(0)):
        yield list(rows)


def _find_pools(settings: ConversionSettings) -> list[int]:
    """Return the pool that each source's rows are drawn from: one for all, or with weights each its own."""
    return [number if source.weight else 0 for number, source in enumerate(settings.sources)]


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


def _find_limit(draws: Sequence[int], quota: int) -> _Limit:
    """Return the limit under which `quota` draws lie, looking closely only at the ones around it."""
    if quota >= len(draws):
        return _NO_LIMIT
    counts = [0] * 65_536
    for draw in draws:
        counts[draw >> 48] += 1
    high = below = 0
    while below + counts[high] <= quota:
        below += counts[high]
        high += 1
    near = sorted(draw for draw in draws if draw >> 48 == high)
    limit = near[quota - below]
    return _Limit(limit, sum(draw == limit for draw in near[: quota - below]))

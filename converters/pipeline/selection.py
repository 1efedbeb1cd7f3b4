"""Which rows stay: repeats, leaks between splits, the sample, and the shares of several sources."""

import heapq
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from converters.pipeline.index import IndexEntry
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
        self.selection = Selection({number: bytearray(block.rows) for number, block in enumerate(blocks)})
        self._pools = _find_pools(settings)
        self._draws = [array("Q") for _ in set(self._pools)]

    def count(self, entries: Iterable[IndexEntry]) -> None:
        """Take a bucket of the index into account; equal samples are in one bucket."""
        entries = list(entries)
        self._count_leaks(entries)
        self._count_repeats(entries)
        for entry in self._survivors(entries):
            self._draws[self._pools[entry.source]].append(entry.draw)

    def choose(self, buckets: Iterable[Iterable[IndexEntry]]) -> Selection:
        """Return the selection, after a second look at every bucket."""
        weights = [source.weight for source in self._settings.sources]
        quotas = share_out([len(draws) for draws in self._draws], weights, self._settings.sample)
        limits = [_find_limit(draws, quota) for draws, quota in zip(self._draws, quotas, strict=True)]
        ties = [limit.ties for limit in limits]
        longest: list[LongPrompt] = []
        for bucket in buckets:
            for entry in self._survivors(list(bucket)):
                pool = self._pools[entry.source]
                if entry.draw < limits[pool].draw:
                    self._keep(entry, longest)
                elif entry.draw == limits[pool].draw and ties[pool]:
                    ties[pool] -= 1
                    self._keep(entry, longest)
        self.selection.longest = sorted(longest, reverse=True)
        return self.selection

    def _task(self, entry: IndexEntry) -> str:
        return self._blocks[entry.block].groups[entry.group][0]

    def _survivors(self, entries: list[IndexEntry]) -> Iterator[IndexEntry]:
        candidates = (entry for entry in entries if entry.is_candidate)
        if not self._settings.remove_repeats:
            return candidates
        first: dict[int, IndexEntry] = {}
        for entry in candidates:
            known = first.get(entry.sample)
            if known is None or entry[1:4] < known[1:4]:
                first[entry.sample] = entry
        return iter(first.values())

    def _count_repeats(self, entries: list[IndexEntry]) -> None:
        samples: set[int] = set()
        draws: set[int] = set()
        found = self.selection
        for entry in entries:
            if not entry.is_candidate:
                continue
            task = self._task(entry)
            found.candidates[task] += 1
            if entry.sample not in samples:
                samples.add(entry.sample)
            else:
                found.removed[task] += self._settings.remove_repeats
                (found.exact_repeats if entry.draw in draws else found.sample_repeats)[task] += 1
            draws.add(entry.draw)

    def _count_leaks(self, entries: list[IndexEntry]) -> None:
        splits: dict[int, int] = {}
        for entry in entries:
            known, split = splits.get(entry.sample, 0), 1 << entry.split
            if known and not known & split:
                for number, name in enumerate(SPLITS):
                    if known >> number & 1:
                        pair = "/".join(sorted((name, SPLITS[entry.split]), key=SPLITS.index))
                        self.selection.leaks[self._task(entry), pair] += 1
            splits[entry.sample] = known | split

    def _keep(self, entry: IndexEntry, longest: list[LongPrompt]) -> None:
        block = self._blocks[entry.block]
        group = block.groups[entry.group]
        self.selection.kept[entry.block][entry.offset] = 1
        self.selection.converted[group] += 1
        self.selection.by_source[entry.source] += 1
        if len(longest) < LONGEST or entry.length > longest[0].length:
            prompt = LongPrompt(entry.length, block.file, block.first + entry.offset, group[0])
            (heapq.heappush if len(longest) < LONGEST else heapq.heapreplace)(longest, prompt)


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

"""Which rows stay, and the order of their lines: by the keys that rows draw from their own text alone (see `keys`)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.blocks import ENTRY_FIELDS, BlockResult, Group
from converters.settings import ConversionSettings
from shopbench_plugin.ecinstruct.rows import SPLITS

LONGEST = 10

_ENTRY = np.dtype(list(ENTRY_FIELDS.items()))

Numbers = NDArray[np.intp]
Flags = NDArray[np.bool_]


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
        kept: whether each entry of the blocks stays.
        converted: group -> rows that stay.
        candidates: task -> rows of the splits and settings asked for.
        exact_repeats: task -> candidates that say in every field what another does, the first not counted.
        sample_repeats: task -> candidates that repeat a sample in other words or under another setting or split.
        removed: task -> candidates left out as repeats.
        leaks: (task, "train/test") -> samples that are in both splits, also where a split was not asked for.
        longest: the longest prompts, longest first.
        over: lines of the rows that stay which exceed cutoff_len, where they were measured.
        cut: rows that stay and were shortened to it.
        by_source: number of a source -> its rows that stay.
        empty_pools: numbers of the sources with a weight, but without a row that could stay.
    """

    kept: Flags
    converted: Counter[Group] = field(default_factory=Counter)
    candidates: Counter[str] = field(default_factory=Counter)
    exact_repeats: Counter[str] = field(default_factory=Counter)
    sample_repeats: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    leaks: Counter[tuple[str, str]] = field(default_factory=Counter)
    longest: list[LongPrompt] = field(default_factory=list)
    over: int = 0
    cut: int = 0
    by_source: Counter[int] = field(default_factory=Counter)
    empty_pools: list[int] = field(default_factory=list)


class Entries:
    """The entries of all blocks: what each row draws, and what it is counted under."""

    def __init__(self, blocks: Sequence[BlockResult]) -> None:
        """Take `blocks` in the order of their rows."""
        self._blocks = blocks
        self._rows: NDArray[Any] = np.frombuffer(b"".join([block.entries for block in blocks]), _ENTRY)
        counts = [len(block.entries) // _ENTRY.itemsize for block in blocks]
        self._block_numbers = np.repeat(np.arange(len(blocks)), counts)
        # Every block has a list of groups of its own; the same group has the same number in all of them here.
        groups: dict[Group, int] = {}
        numbers = [groups.setdefault(group, len(groups)) for block in blocks for group in block.groups]
        starts = np.cumsum([0, *(len(block.groups) for block in blocks)])
        self._groups = list(groups)
        self._group_numbers = np.array(numbers, np.intp)[starts[self._block_numbers] + self._rows["group"]]

    def select(self, settings: ConversionSettings) -> Selection:
        """Return which rows stay: those asked for, without repeats on request, as many as the sample has."""
        rows = self._rows
        found = Selection(np.zeros(len(rows), np.bool_))
        in_order = np.lexsort((rows["draw"], rows["sample"]))  # equal rows stay in the order of the sources
        self._count_leaks(found, in_order)
        candidates = in_order[rows["size"][in_order] > 0]
        self._count(found.candidates, candidates)
        repeats = _follow_equal(rows["sample"][candidates])
        exact = repeats & _follow_equal(rows["draw"][candidates])
        self._count(found.exact_repeats, candidates[exact])
        self._count(found.sample_repeats, candidates[repeats & ~exact])
        if settings.remove_repeats:
            self._count(found.removed, candidates[repeats])
            candidates = candidates[~repeats]
        found.kept[self._draw(found, candidates, settings)] = True
        self._describe(found)
        return found

    def list_lines(self, kept: Flags) -> Iterator[memoryview]:
        """Yield the lines of the rows that stay, in the order of the places that they drew."""
        rows = self._rows
        sizes = np.stack((rows["size"], rows["original_size"]), axis=1)
        ends = np.cumsum(sizes.ravel(), dtype=np.int64)  # over all blocks
        block_starts = np.cumsum([0, *(len(block.lines) for block in self._blocks)])
        starts = ends - sizes.ravel()
        places = np.stack((rows["place"], rows["original_place"]), axis=1).ravel()
        lines = np.flatnonzero(np.repeat(kept, 2) & (sizes.ravel() > 0))
        # Only exact repeats draw one place, so it doesn't matter which of them comes first.
        lines = lines[np.argsort(places[lines])]
        blocks = self._block_numbers[lines // 2]
        offsets = block_starts[blocks]
        texts = [memoryview(block.lines) for block in self._blocks]
        spans = (blocks.tolist(), (starts[lines] - offsets).tolist(), (ends[lines] - offsets).tolist())
        for block, start, end in zip(*spans, strict=True):
            yield texts[block][start:end]

    def _draw(self, found: Selection, candidates: Numbers, settings: ConversionSettings) -> Numbers:
        """Return the candidates with the smallest draws: of all or, with weights, of each source its share."""
        weights = [source.weight for source in settings.sources]
        sources = np.array([block.source for block in self._blocks])[self._block_numbers[candidates]]
        pools = [candidates[sources == number] for number in range(len(weights))] if any(weights) else [candidates]
        if any(weights):
            found.empty_pools = [number for number, pool in enumerate(pools) if not len(pool)]
        quotas = share_out([len(pool) for pool in pools], weights, settings.sample)
        draws = self._rows["draw"]
        ranked = [pool[np.argsort(draws[pool], kind="stable")] for pool in pools]
        return np.concatenate([pool[:quota] for pool, quota in zip(ranked, quotas, strict=True)])

    def _describe(self, found: Selection) -> None:
        kept = np.flatnonzero(found.kept)
        found.converted = self._count_groups(kept)
        found.over, found.cut = (int(self._rows[name][kept].sum()) for name in ("over", "cut"))
        for number, rows in enumerate(np.bincount(self._block_numbers[kept], minlength=len(self._blocks)).tolist()):
            if rows:
                found.by_source[self._blocks[number].source] += rows
        lengths = self._rows["length"][kept]
        if len(kept) > LONGEST:
            kept = kept[lengths >= np.partition(lengths, -LONGEST)[-LONGEST]]
        found.longest = sorted(map(self._describe_prompt, kept.tolist()), reverse=True)[:LONGEST]

    def _describe_prompt(self, number: int) -> LongPrompt:
        row, block = self._rows[number], self._blocks[self._block_numbers[number]]
        line = block.first + int(row["offset"])
        return LongPrompt(int(row["length"]), block.file, line, block.groups[row["group"]].task)

    def _count_leaks(self, found: Selection, in_order: Numbers) -> None:
        samples, splits = self._rows["sample"], self._rows["split"]
        by_split = [np.unique(samples[splits == number]) for number in range(len(SPLITS))]
        for one, other in combinations(range(len(SPLITS)), 2):
            leaked = np.intersect1d(by_split[one], by_split[other], assume_unique=True)
            first = in_order[np.searchsorted(samples[in_order], leaked)]
            for group, count in self._count_groups(first).items():
                found.leaks[group.task, f"{SPLITS[one]}/{SPLITS[other]}"] += count

    def _count(self, counter: Counter[str], rows: Numbers) -> None:
        for group, count in self._count_groups(rows).items():
            counter[group.task] += count

    def _count_groups(self, rows: Numbers) -> Counter[Group]:
        counts = np.bincount(self._group_numbers[rows], minlength=len(self._groups)).tolist()
        return Counter({group: count for group, count in zip(self._groups, counts, strict=True) if count})


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


def _follow_equal(keys: NDArray[np.uint64]) -> Flags:
    """Tell which of the sorted keys are the same as the one before."""
    return np.concatenate([np.zeros(min(1, len(keys)), np.bool_), keys[1:] == keys[:-1]])

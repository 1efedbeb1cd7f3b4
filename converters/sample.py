"""The table of all rows of a conversion: which are kept, and the order of their lines, by the rows' own keys."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.settings import ConversionSettings
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import SPLITS

_LINES_AT_ONCE = 500  # written and digested together, which takes less time than one by one


class Step(StrEnum):
    """The outcomes for a row, in the order in which they are decided."""

    READ = "read"
    REJECTED = "rejected"
    BINARY = "binary"
    OTHER_SPLIT = "other split"
    OTHER_SETTING = "other setting"
    REPEATED = "repeated"
    NOT_SAMPLED = "not sampled"
    CONVERTED = "converted"


_KINDS: dict[str, type[np.generic]] = {
    "line": np.int64,
    **dict.fromkeys(("step", "reason", "task", "type", "split", "setting"), np.object_),
    **dict.fromkeys(("sample", "draw", "place", "original_place"), np.uint64),
    **dict.fromkeys(("length", "over", "cut"), np.int64),
    **dict.fromkeys(("answer", "converted", "original"), np.object_),
}
Table = dict[str, NDArray[Any]]
"""Columns of rows.

source, file, line: the number of its source, and its place.
step: its outcome, at first before repeats are removed and the sample is drawn.
reason: why it can't be converted; "" if it can.
task, type, split, setting: of the row; the type is "binary" for yes/no tasks, None if the row couldn't be read.
sample, draw, place, original_place: its random numbers (see `draw_keys`); 0 for rows rejected early or binary.
length, over, cut: length of its prompt in characters, how many of its two lines exceed cutoff_len, and 1 if it was
    shortened to cutoff_len.
answer: the converted answer of a task with a closed set of answers; "" for free text.
converted, original: the converted row, and the row as its source states it, encoded; the latter is empty if only the
    converted row is written, both (and lengths and answer) if the row isn't converted.
"""


class Part(NamedTuple):
    """The rows of a block: number of its source, its file, its number of lines, and the columns from `line` on."""

    source: int
    file: str
    lines: int
    columns: Table


def make_columns(rows: Iterable[tuple[int | str | bytes | None, ...]]) -> Table:
    """Return rows as columns, which are sent between processes faster."""
    columns = [*zip(*rows, strict=True)] or [()] * len(_KINDS)
    named = zip(_KINDS.items(), columns, strict=True)
    return {name: np.fromiter(values, kind, len(values)) for (name, kind), values in named}


def join_parts(parts: Iterable[Part]) -> Table:
    """Return the table of all rows, in the order of the sources; before, `line` is counted from the block's first."""
    first, place, tables = 0, (-1, ""), []
    for source, file, lines, columns in (Part(-1, "", 0, make_columns(())), *parts):
        if (source, file) != place:
            first, place = 0, (source, file)
        count = len(columns["line"])
        columns["line"] += first
        tables.append({"source": np.full(count, source), "file": np.full(count, file, np.object_)} | columns)
        first += lines
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def take(table: Table, rows: NDArray[Any]) -> Table:
    """Return the table of some rows, by their positions or a mask."""
    return {name: column[rows] for name, column in table.items()}


def select(table: Table, settings: ConversionSettings) -> dict[str, Counter[str]]:
    """Set the step of the rows that are removed as repeats or not drawn; the others remain converted.

    Returns:
        exact: task -> rows whose fields all equal an earlier row's.
        same_sample: task -> rows that repeat a sample in other words or under another setting or split.

    Raises:
        ShopBenchError: a source has a weight but no rows, so the weights allow no rows from the others.
    """
    steps, tasks = table["step"], table["task"]
    rows = np.flatnonzero(steps == Step.CONVERTED)
    distinct = _find_firsts(table["draw"], rows)  # exact repeats have the same draw
    samples = _find_firsts(table["sample"], distinct)
    counts = [Counter(tasks[found].tolist()) for found in (rows, distinct, samples)]
    if settings.remove_repeats:
        steps[rows] = Step.REPEATED
        rows = samples
    steps[rows] = Step.NOT_SAMPLED
    steps[_draw(table, rows, settings)] = Step.CONVERTED
    return {"exact": counts[0] - counts[1], "same_sample": counts[1] - counts[2]}


def sort_lines(kept: Table) -> Iterator[bytes]:
    """Yield the lines of the rows that are kept, sorted by their place keys, several hundred at a time.

    Only exact repeats share a key, so it doesn't matter which of them comes first.
    """
    has_original = kept["original"].astype(bool)
    places = np.concatenate([kept["place"], kept["original_place"][has_original]])
    lines = np.concatenate([kept["converted"], kept["original"][has_original]])[np.argsort(places)]
    for start in range(0, len(lines), _LINES_AT_ONCE):
        yield b"".join(lines[start : start + _LINES_AT_ONCE])


def share_out(available: Sequence[int], weights: Sequence[float], sample: int | None) -> list[int]:
    """Return how many rows to draw from each pool.

    Without weights there is one pool, and the sample is drawn from it. With weights every source contributes its share
    of the sample, or, without a sample, of as many rows as the shares allow without repeating one; a source too small
    for its share contributes all its rows.
    """
    if not weights:
        return [rows if sample is None else min(sample, rows) for rows in available]
    shares = np.array(weights) / sum(weights)
    wanted = sample or int(min(available / shares))
    quotas = (wanted * shares).astype(int)
    most_cut_off = np.argsort(quotas - wanted * shares, kind="stable")
    quotas[most_cut_off[: wanted - sum(quotas)]] += 1
    return np.minimum(quotas, available).tolist()  # type: ignore[no-any-return]


def count_leaks(table: Table) -> Counter[tuple[str, str]]:
    """Return (task, "train/test") -> samples that are in both splits, including splits that aren't selected."""
    is_read = ~np.isin(table["step"], (Step.REJECTED, Step.BINARY))
    by_split = [np.flatnonzero(is_read & (table["split"] == split)) for split in SPLITS]
    leaks: Counter[tuple[str, str]] = Counter()
    for (one, of_one), (other, of_other) in combinations(zip(SPLITS, by_split, strict=True), 2):
        _, places, _ = np.intersect1d(table["sample"][of_one], table["sample"][of_other], return_indices=True)
        leaks.update((task, f"{one}/{other}") for task in table["task"][of_one[places]].tolist())
    return leaks


def _find_firsts(keys: NDArray[np.uint64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first of the rows with each key, sorted by their keys."""
    return rows[np.unique(keys[rows], return_index=True)[1]]


def _draw(table: Table, rows: NDArray[np.int64], settings: ConversionSettings) -> NDArray[np.int64]:
    """Return the rows with the smallest draws of each source, or of all together without weights."""
    pools = [rows]
    if settings.weights:
        pools = [rows[table["source"][rows] == number] for number in range(len(settings.sources))]
    quotas = share_out([*map(len, pools)], settings.weights, settings.sample)
    if not any(quotas) and len(rows):
        empty = next(name for name, pool in zip(settings.sources, pools, strict=True) if not len(pool))
        raise ShopBenchError(
            f"{empty}: no rows to convert (all are invalid, not selected, or repeat another source's), so the weights "
            "allow no rows from the other sources; fix or remove this source, or pass --sample"
        )
    by_draw = [pool[np.argsort(table["draw"][pool], kind="stable")] for pool in pools]
    return np.concatenate([pool[:quota] for pool, quota in zip(by_draw, quotas, strict=True)])

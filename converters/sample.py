"""Which rows are kept, and the order of their lines: by keys derived from each row's text alone (see `keys`)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from converters.blocks import Step
from converters.settings import ConversionSettings
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import SPLITS

_LINES_AT_ONCE = 500  # written and digested together, which takes less time than one by one


def select(table: NDArray[np.void], settings: ConversionSettings) -> dict[str, Counter[str]]:
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


def sort_lines(table: NDArray[np.void]) -> Iterator[bytes]:
    """Yield the lines of the converted rows, sorted by their place keys, some hundred at a time.

    Only exact repeats share a key, so it doesn't matter which of them comes first.
    """
    kept = table[table["step"] == Step.CONVERTED]
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


def count_leaks(table: NDArray[np.void]) -> Counter[tuple[str, str]]:
    """Return (task, "train/test") -> samples that are in both splits, including splits that aren't selected."""
    is_read = ~np.isin(table["step"], (Step.REJECTED, Step.BINARY))
    by_split = [table[is_read & (table["split"] == split)] for split in SPLITS]
    leaks: Counter[tuple[str, str]] = Counter()
    for (one, of_one), (other, of_other) in combinations(zip(SPLITS, by_split, strict=True), 2):
        _, places, _ = np.intersect1d(of_one["sample"], of_other["sample"], return_indices=True)
        leaks.update((task, f"{one}/{other}") for task in of_one["task"][places].tolist())
    return leaks


def _find_firsts(keys: NDArray[np.uint64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first of the rows with each key, sorted by their keys."""
    return rows[np.unique(keys[rows], return_index=True)[1]]


def _draw(table: NDArray[np.void], rows: NDArray[np.int64], settings: ConversionSettings) -> NDArray[np.int64]:
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

"""Which rows are kept, and the order of their lines: by keys derived from each row's text alone (see `keys`)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from converters.settings import ConversionSettings
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import SPLITS


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that are kept, and counts of repeats and leaks.

    Attributes:
        kept: the entries of the rows that are kept, in the order of the sources.
        exact_repeats: task -> rows whose fields all equal an earlier row's.
        sample_repeats: task -> rows that repeat a sample in other words or under another setting or split.
        leaks: (task, "train/test") -> samples that are in both splits, including splits that aren't selected.
    """

    kept: NDArray[np.void]
    exact_repeats: Counter[str]
    sample_repeats: Counter[str]
    leaks: Counter[tuple[str, str]]


def select(entries: NDArray[np.void], settings: ConversionSettings) -> Selection:
    """Return the rows to keep: the selected ones, on request without repeats, as many as the sample has.

    Raises:
        ShopBenchError: a source has a weight but no rows, so the weights allow no rows from the others.
    """
    candidates = np.flatnonzero(entries["line"])
    distinct = _find_firsts(entries["draw"], candidates)  # exact repeats have the same draw
    samples = _find_firsts(entries["sample"], distinct)
    counts = [Counter(entries["task"][rows].tolist()) for rows in (candidates, distinct, samples)]
    drawn = _draw(entries, samples if settings.remove_repeats else candidates, settings)
    kept = entries[np.sort(drawn)]
    return Selection(kept, counts[0] - counts[1], counts[1] - counts[2], _count_leaks(entries))


def sort_lines(kept: NDArray[np.void]) -> list[bytes]:
    """Return the lines of the kept rows, sorted by their place keys.

    Only exact repeats share a key, so it doesn't matter which of them comes first.
    """
    has_original = kept["original"].astype(bool)
    places = np.concatenate([kept["place"], kept["original_place"][has_original]])
    lines = np.concatenate([kept["line"], kept["original"][has_original]])
    return lines[np.argsort(places)].tolist()  # type: ignore[no-any-return]


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


def _find_firsts(keys: NDArray[np.uint64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first of the rows with each key, sorted by their keys."""
    return rows[np.unique(keys[rows], return_index=True)[1]]


def _draw(entries: NDArray[np.void], rows: NDArray[np.int64], settings: ConversionSettings) -> NDArray[np.int64]:
    """Return the rows with the smallest draws of each source, or of all together without weights."""
    pools = [rows]
    if settings.weights:
        pools = [rows[entries["source"][rows] == number] for number in range(len(settings.sources))]
    quotas = share_out([*map(len, pools)], settings.weights, settings.sample)
    if not any(quotas) and len(rows):
        empty = next(name for name, pool in zip(settings.sources, pools, strict=True) if not len(pool))
        raise ShopBenchError(
            f"{empty}: no rows to convert (all are invalid, not selected, or repeat another source's), so the weights "
            "allow no rows from the other sources; fix or remove this source, or pass --sample"
        )
    by_draw = [pool[np.argsort(entries["draw"][pool], kind="stable")] for pool in pools]
    return np.concatenate([pool[:quota] for pool, quota in zip(by_draw, quotas, strict=True)])


def _count_leaks(entries: NDArray[np.void]) -> Counter[tuple[str, str]]:
    is_of = [entries["split"] == split for split in SPLITS]
    tasks = [dict(zip(entries["sample"][rows].tolist(), entries["task"][rows], strict=True)) for rows in is_of]
    leaks: Counter[tuple[str, str]] = Counter()
    for (one, of_one), (other, of_other) in combinations(zip(SPLITS, tasks, strict=True), 2):
        leaks.update((of_one[sample], f"{one}/{other}") for sample in of_one.keys() & of_other.keys())
    return leaks

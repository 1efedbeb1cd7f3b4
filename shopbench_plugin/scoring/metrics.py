"""The metrics that need only the parsed answer and its reference.

Source: metrics.py of the Amazon KDD Cup 2024 starter kit, quirks included.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from shopbench_plugin.core.vocabulary import INDICES_READ

if TYPE_CHECKING:
    from shopbench_plugin.scoring.metric import Floats


def score_choice(choice: int, reference: int) -> float:
    """Return 1 if the choice is the reference, else 0."""
    return float(choice == reference)


def score_hit_rate(retrieved: Sequence[int], reference: Sequence[int]) -> float:
    """Return the share of the reference's distinct numbers among the first three, over the reference's length.

    A reference that repeats a number can't reach 1: the evaluator divides by the length with repeats.
    """
    return len(set(reference) & set(retrieved[:INDICES_READ])) / len(reference)


def score_ndcg(ranked: Sequence[int], weights: Sequence[float]) -> float:
    """Return the normalised discounted cumulative gain (NDCG) of item numbers from 1, best first.

    Gain 2^weight - 1, discount log2(place + 1), ideal over all weights. Item 0 has the *last* item's weight, as in the
    evaluator's indexing; an item beyond the list has 0. Without a weight above 0 the result is 0.
    """
    gains = [weights[item - 1] if item <= len(weights) else 0.0 for item in ranked[: len(weights)]]
    ideal = discount_gains(sorted(weights, reverse=True))
    return discount_gains(gains) / ideal if ideal else 0.0


def discount_gains(weights: Iterable[float]) -> float:
    """Return the sum of 2^weight - 1 over log2(place + 1), places from 1."""
    return sum((math.pow(2, weight) - 1) / math.log2(place + 1) for place, weight in enumerate(weights, start=1))


class EntityCounts(NamedTuple):
    """True positives, false positives and false negatives of one answer; they add up over a task."""

    true_positives: int
    false_positives: int
    false_negatives: int


def count_entities(entities: Sequence[str], reference: Sequence[str]) -> EntityCounts:
    """Count the entities found, invented and missed, in lower case.

    Only the answer's entities are stripped, not the reference's, and only of blanks: a line break within a quoted list
    stays. Repeats in the answer count as false positives, repeats in the reference as false negatives.
    """
    answered = [entity.lower().strip(" ") for entity in entities]
    wanted = [entity.lower() for entity in reference]
    found = len(set(answered) & set(wanted))
    return EntityCounts(found, len(answered) - found, len(wanted) - found)


def pool_f1(counts: "Floats") -> "Floats":
    """Return the F1 of summed entity counts, the last axis; 0 if nothing was found."""
    import numpy as np

    twice = 2 * counts[..., 0]
    scores: Floats = twice / np.maximum(twice + counts[..., 1] + counts[..., 2], 1)
    return scores

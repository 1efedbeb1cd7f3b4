"""The evaluator's arithmetic: exact values for each quirk, and a second implementation for any input."""

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbench_plugin.scoring.metrics import (
    EntityCounts,
    count_entities,
    pool_f1,
    score_choice,
    score_hit_rate,
    score_ndcg,
)


def test_a_choice_is_right_or_wrong():
    assert score_choice(3, 3) == 1.0
    assert score_choice(-1, 3) == 0.0


def test_hit_rate_is_the_share_of_the_reference_that_was_found():
    assert score_hit_rate([6, 9, 1], [6, 9, 15]) == 2 / 3
    assert score_hit_rate([4, 4, 4], [4]) == 1.0
    assert score_hit_rate([1, 2, 3, 4], [4]) == 0.0  # only three count
    assert score_hit_rate([], [4]) == 0.0


def test_a_reference_that_repeats_a_number_cannot_be_met():
    assert score_hit_rate([2, 5], [2, 2, 5, 5]) == 0.5


def test_the_order_of_the_weights_is_the_perfect_ranking():
    assert score_ndcg([1, 4, 3, 2, 5], [1, 0.01, 0.1, 1, 0]) == pytest.approx(1.0)


def test_ndcg_discounts_by_place():
    assert score_ndcg([2, 1], [1, 0]) == pytest.approx(1 / log2(3))


def test_ndcg_of_a_part_is_measured_by_the_whole():
    assert score_ndcg([1], [1, 1]) == pytest.approx(1 / (1 + 1 / log2(3)))
    assert score_ndcg([], [1, 0]) == 0.0


def test_item_zero_gets_the_last_items_weight():
    assert score_ndcg([0], [0, 0, 1]) == 1.0


def test_an_item_beyond_the_list_gets_nothing_and_the_rest_of_a_long_answer_is_cut():
    assert score_ndcg([5, 1], [1, 0]) == pytest.approx(1 / log2(3))
    assert score_ndcg([3, 4, 1], [1, 0]) == 0.0


def test_ndcg_without_any_weight_is_zero():
    assert score_ndcg([1, 2], [0, 0]) == 0.0


@given(
    st.lists(st.integers(0, 5), unique=True, max_size=5),
    st.lists(st.sampled_from([0, 0.01, 0.1, 0.5, 1]), min_size=1, max_size=7),
)
def test_ndcg_follows_the_formula_for_any_ranking(ranked, weights):
    def gain(ordered):
        return sum((pow(2, weight) - 1) / log2(2 + place) for place, weight in enumerate(ordered))

    by_number = dict(enumerate(weights, start=1)) | {0: weights[-1]}
    best = gain(sorted(weights)[::-1])
    expected = gain([by_number.get(number, 0) for number in ranked][: len(weights)]) / best if best else 0
    assert score_ndcg(ranked, weights) == pytest.approx(expected, abs=1e-12)


def test_entities_are_compared_in_lower_case_and_only_the_answers_are_stripped():
    assert count_entities([" Red Shoe  "], ["red shoe"]) == EntityCounts(1, 0, 0)
    assert count_entities(["red shoe"], ["red shoe "]) == EntityCounts(0, 1, 1)


@pytest.mark.parametrize("blank", ["\n", "\t", "\u00a0", "\u3000"])
def test_nothing_but_blanks_is_stripped_of_an_entity(blank):
    assert count_entities([f"red{blank}"], ["red"]) == EntityCounts(0, 1, 1)
    assert count_entities([f"red{blank}"], [f"Red{blank}"]) == EntityCounts(1, 0, 0)


def test_repeats_count_against_the_answer_and_against_the_reference():
    assert count_entities(["red", "red"], ["red"]) == EntityCounts(1, 1, 0)
    assert count_entities(["red"], ["red", "Red"]) == EntityCounts(1, 0, 1)


def test_an_empty_answer_misses_everything():
    assert count_entities([], ["red", "shoe"]) == EntityCounts(0, 0, 2)


def test_f1_pools_counts_and_is_zero_without_a_hit():
    assert pool_f1(np.array([[2, 1, 1], [0, 0, 0], [0, 3, 1]])).tolist() == [pytest.approx(2 / 3), 0.0, 0.0]


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_f1_is_the_share_of_hits_among_all_mentions(found, invented, missed):
    mentions = 2 * found + invented + missed
    expected = 2 * found / mentions if mentions else 0
    assert pool_f1(np.array([found, invented, missed])) == pytest.approx(expected)

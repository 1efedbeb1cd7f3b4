"""Labels of one token and of several: the probability of each, given that the answer is one of them."""

from math import exp, inf, isnan, log, nan

import pytest

from shopbench_plugin.engines.label_tree import grow_label_tree

END = 99


def encode_digits(label):
    return [int(digit) for digit in label]


def test_labels_of_one_token_are_told_apart_at_the_root_alone():
    tree = grow_label_tree(("0", "1", "2"), encode_digits, END)
    assert tree.branches == {(): (0, 1, 2)}
    assert tree.find_logprobs({(): (log(0.1), log(0.3), log(0.1))}) == pytest.approx((log(0.2), log(0.6), log(0.2)))


def test_a_label_that_begins_another_is_told_apart_by_the_end():
    tree = grow_label_tree((*"123456789", "10", "12"), encode_digits, END)
    assert tree.branches == {(): (1, 2, 3, 4, 5, 6, 7, 8, 9), (1,): (END, 0, 2)}
    scores = {(): [0.0] * 9, (1,): (log(0.2), log(0.1), log(0.1))}
    logprobs = tree.find_logprobs(scores)
    assert logprobs[0] == pytest.approx(log(1 / 9 * 0.5))
    assert logprobs[-2:] == pytest.approx((log(1 / 9 * 0.25),) * 2)
    assert sum(map(exp, logprobs)) == pytest.approx(1)


def test_a_long_way_without_branches_costs_nothing():
    tree = grow_label_tree(("yes", "no"), lambda label: [ord(letter) for letter in label], END)
    assert tree.branches == {(): (ord("y"), ord("n"))}
    assert tree.find_logprobs({(): (2.0, 2.0)}) == pytest.approx((log(0.5), log(0.5)))


def test_one_label_is_certain():
    tree = grow_label_tree(("7",), encode_digits, END)
    assert tree.find_logprobs({(): (-3.0,)}) == (0.0,)


@pytest.mark.parametrize("broken", [nan, inf, -inf])
def test_what_is_not_finite_shows(broken):
    tree = grow_label_tree(("0", "1"), encode_digits, END)
    logprobs = tree.find_logprobs({(): (broken, broken)})
    assert any(isnan(one) for one in logprobs)

"""Clients are served by turns, long questions alone, and no client has more under way than its share."""

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.serving.fairness import LONG_BYTES, Bounds, FairQueue, OverShareError


def fill(queue, *items):
    """Put in items that are named by their client and a number, and return the tickets."""
    return [queue.put(name, name[0], size) for name, size in items]


def take(queue):
    return [ticket.item for ticket in queue.take()]


def test_each_client_has_its_turn_before_another_has_its_second():
    queue = FairQueue(Bounds(most_at_once=4))
    fill(queue, ("a1", 1), ("a2", 1), ("a3", 1), ("b1", 1), ("c1", 1), ("c2", 1))
    assert take(queue) == ["a1", "b1", "c1", "a2"]
    assert take(queue) == ["c2", "a3"]


def test_a_long_question_is_taken_alone_and_in_its_turn():
    queue = FairQueue(Bounds())
    fill(queue, ("a1", 1), ("a2", LONG_BYTES), ("a3", 1), ("b1", 1), ("b2", 1))
    assert [take(queue) for _ in range(3)] == [["a1", "b1", "b2"], ["a2"], ["a3"]]


def test_two_clients_with_long_questions_alternate_with_one_of_short_ones():
    queue = FairQueue(Bounds(client_bytes=10**6))
    fill(queue, ("a1", LONG_BYTES), ("a2", LONG_BYTES), ("b1", LONG_BYTES), ("c1", 1), ("c2", 1))
    assert [take(queue) for _ in range(4)] == [["a1"], ["b1"], ["c1", "c2"], ["a2"]]


def test_a_batch_holds_at_most_its_bytes():
    queue = FairQueue(Bounds(batch_bytes=250))
    fill(queue, ("a1", 100), ("b1", 100), ("c1", 100), ("d1", 40))
    assert [take(queue) for _ in range(2)] == [["a1", "b1", "d1"], ["c1"]]


def test_one_client_fills_a_batch_alone_but_not_where_another_waits():
    queue = FairQueue(Bounds())
    fill(queue, *((f"a{number}", LONG_BYTES // 2 - 1) for number in range(6)), ("b1", 1))
    assert take(queue) == ["a0", "b1", "a1"]
    assert take(queue) == ["a2", "a3", "a4", "a5"]


def test_one_client_s_long_questions_leave_the_batch_soon_although_nobody_else_waits_yet():
    queue = FairQueue(Bounds())
    fill(queue, *((f"a{number}", LONG_BYTES - 1_000) for number in range(5)))
    assert take(queue) == ["a0", "a1", "a2"]
    fill(queue, ("b1", 1))
    assert take(queue) == ["a3", "b1"]


def test_many_short_questions_of_one_client_are_one_batch():
    queue = FairQueue(Bounds(client_questions=300))
    fill(queue, *((f"a{number}", 800) for number in range(300)))
    assert [len(take(queue)) for _ in range(2)] == [256, 44]


def test_a_client_is_held_to_its_bytes_and_questions_until_they_are_released():
    queue = FairQueue(Bounds(client_bytes=100, client_questions=2))
    first, _ = fill(queue, ("a1", 60), ("a2", 40))
    with pytest.raises(OverShareError):
        queue.put("a3", "a", 0)
    fill(queue, ("b1", 60))
    with pytest.raises(OverShareError):
        queue.put("b2", "b", 41)
    queue.take()
    with pytest.raises(OverShareError):
        queue.put("a3", "a", 60)
    queue.release(first)
    queue.put("a3", "a", 60)


def test_one_question_larger_than_the_share_passes_alone():
    queue = FairQueue(Bounds(client_bytes=100))
    fill(queue, ("a1", 500))
    with pytest.raises(OverShareError):
        queue.put("a2", "a", 1)


def test_too_many_of_all_clients_are_turned_away():
    queue = FairQueue(Bounds(most_waiting=2))
    fill(queue, ("a1", 1), ("b1", 1))
    with pytest.raises(ShopBenchError, match="too many questions are waiting"):
        queue.put("c1", "c", 1)


def test_a_closed_queue_hands_out_what_waits_and_then_nothing():
    queue = FairQueue(Bounds())
    fill(queue, ("a1", 1))
    queue.close()
    assert take(queue) == ["a1"]
    assert take(queue) == []

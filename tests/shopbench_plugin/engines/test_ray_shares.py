"""How prompts are dealt out to replicas."""

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.engines.ray_replicas import split_by_prefix


def prompts(prefix, number):
    shown = (Message("user", prefix), Message("assistant", "1"))
    return [Prompt((*shown, Message("user", f"question {index}")), Constraint()) for index in range(number)]


def test_a_share_never_mixes_beginnings():
    asked = [prompt for pair in zip(prompts("a", 20), prompts("b", 20), strict=True) for prompt in pair]
    shares = split_by_prefix(asked, replicas=2)
    assert all(len({asked[index].messages[0].content for index in share}) == 1 for share in shares)
    assert sorted(index for share in shares for index in share) == list(range(40))


def test_each_replica_gets_several_shares_of_a_large_group():
    assert [len(share) for share in split_by_prefix(prompts("a", 320), replicas=2)] == [40] * 8


def test_small_groups_stay_whole():
    assert split_by_prefix(prompts("a", 10), replicas=4) == [list(range(10))]


def test_nothing_to_answer_makes_no_share():
    assert split_by_prefix([], replicas=2) == []

"""What truncated, unreadable and wrong answers cost."""

import pytest

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.scoring import ScoringSettings, evaluate
from shopbench_plugin.scoring.aggregation import Group, GroupKind
from shopbench_plugin.scoring.losses import Cause, count_confusion, find_cause, sum_losses

PLAIN = ScoringSettings(resamples=0)


def find(answered_question):
    return find_cause(evaluate([answered_question], PLAIN).answers[0])


def test_the_cause_is_looked_for_in_order(answered):
    assert find(answered("1", finish_reason="length")) is None
    assert find(answered("Let us see", finish_reason="length")) is Cause.TRUNCATION
    assert find(answered("0", finish_reason="length")) is Cause.TRUNCATION
    assert find(answered("", finish_reason="deadline")) is Cause.TRUNCATION
    assert find(answered("x" * 5_001)) is Cause.TRUNCATION
    assert find(answered("B", finish_reason="stop")) is Cause.FORMAT
    assert find(answered("0")) is Cause.WRONG
    assert find(answered("1,2", [3, 2], task_type=TaskType.RETRIEVAL)) is Cause.WRONG


def test_the_causes_add_up_to_what_the_score_lacks(answered):
    entities = TaskType.NAMED_ENTITY_RECOGNITION
    rows = [
        answered("1", task="task1"),
        answered("B", task="task1"),
        answered("0", task="task1"),
        answered("0", task="task1"),
        answered("red", ["red"], task="task2", task_type=entities, track="track-b"),
        answered("blue, soft", ["red"], task="task2", task_type=entities, track="track-b"),
        answered("", ["red"], task="task2", task_type=entities, track="track-b"),
    ]
    evaluation = evaluate(rows, PLAIN)
    losses = sum_losses(evaluation.answers, evaluation.totals)
    assert losses[Group(GroupKind.TASK, "task1")] == {Cause.TRUNCATION: 0, Cause.FORMAT: 0.25, Cause.WRONG: 0.5}
    for group, score in evaluation.totals.groups.items():
        assert sum(losses[group].values()) == pytest.approx(1 - score.score)
    overall = losses[Group(GroupKind.OVERALL)]
    assert overall[Cause.FORMAT] == pytest.approx((0.25 + (1 - evaluation.totals.tasks["task2"].score) / 2) / 2)


def test_confusion_counts_references_against_what_was_read(answered):
    rows = [answered("1"), answered("1"), answered("0"), answered("B"), answered("1", 0)]
    rows.append(answered("1", ["red"], task_type=TaskType.NAMED_ENTITY_RECOGNITION, task="task2"))
    counts = count_confusion(evaluate(rows, PLAIN).answers)
    assert counts == {("0", "1"): 1, ("1", ""): 1, ("1", "0"): 1, ("1", "1"): 2}

"""How wide the intervals are, and that they are the same everywhere."""

import pytest

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.scoring import evaluate
from shopbench_plugin.scoring.records import Interval, ScoringSettings


def test_the_interval_of_many_questions_is_close_to_the_normal_one(evaluate_choices):
    interval = evaluate_choices(task1="10" * 200).totals.tasks["task1"].interval
    half_width = 1.96 * (0.25 / 400) ** 0.5
    assert interval.low == pytest.approx(0.5 - half_width, abs=0.006)
    assert interval.high == pytest.approx(0.5 + half_width, abs=0.006)


def test_an_interval_depends_only_on_its_task_and_the_seed(evaluate_choices):
    alone = evaluate_choices(task1="1101001").totals.tasks["task1"].interval
    beside = evaluate_choices(task0="10101", task1="1101001").totals.tasks["task1"].interval
    assert alone == beside
    assert alone == Interval(0.2857142857142857, 0.8571428571428571)


def test_a_track_is_more_certain_than_its_tasks(evaluate_choices):
    totals = evaluate_choices(task1="1010101010", task2="0101010101", task3="1100110011").totals
    width = {name: task.interval.high - task.interval.low for name, task in totals.tasks.items()}
    track = totals.tracks["track-a"].interval
    assert track.high - track.low < 0.75 * min(width.values())
    assert totals.overall.interval == track


def test_a_task_whose_answers_all_score_alike_is_not_certain(evaluate_choices):
    tasks = evaluate_choices(right="1111", wrong="0000").totals.tasks
    bound = 0.025 ** (1 / 4)
    assert tasks["right"].interval == Interval(pytest.approx(bound), 1.0)
    assert tasks["wrong"].interval == Interval(0.0, pytest.approx(1 - bound))


def test_a_track_of_such_tasks_is_not_certain_either(evaluate_choices):
    totals = evaluate_choices(task1="1111", task2="1111").totals
    assert totals.tracks["track-a"].interval == totals.tasks["task1"].interval


def test_micro_f1_is_resampled_by_its_counts(answered):
    rows = [
        answered(text, ["red"], task_type=TaskType.NAMED_ENTITY_RECOGNITION) for text in ["red", "blue, red", "blue"]
    ]
    task = evaluate(rows).totals.tasks["task1"]
    assert task.score == pytest.approx(2 * 2 / (2 * 2 + 2 + 1))
    assert task.interval == Interval(0.0, 1.0)


def test_without_resampling_there_are_no_intervals(answered):
    totals = evaluate([answered("1")], ScoringSettings(resamples=0)).totals
    assert {score.interval for score in totals.groups.values()} == {None}

"""Which answers count as invalid, and how sure their share is."""

import pytest

from shopbench_plugin.ablation.validity import count_invalid, find_share_interval, is_invalid
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.scoring import ScoringSettings

CHOICE = Question("Which is a fruit?\n0. pear\n1. lamp\nAnswer: ", True, task_type=TaskType.MULTIPLE_CHOICE)
SCALE = Question("Rate the review from 1 to 5.\nAnswer: ", True, task_type=TaskType.MULTIPLE_CHOICE)
RANKING = Question("Rank these products.\n1. a\n2. b\n3. c\nOutput: ", False, task_type=TaskType.RANKING)
RETRIEVAL = Question(
    "Select three products that fit.\n1. a\n2. b\n3. c\n4. d\nOutput: ", False, task_type=TaskType.RETRIEVAL
)
ENTITIES = Question(
    "Find the brand in the query.\nQuery: red pan by Orvello\nOutput: ",
    False,
    task_type=TaskType.NAMED_ENTITY_RECOGNITION,
)
TEXT = Question("Explain what a pan is for.\nOutput: ", False, task_type=TaskType.GENERATION)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (CHOICE, "1"),
        (CHOICE, " 0. pear, because it grows on trees"),
        (SCALE, "5"),
        (RANKING, "3,1,2"),
        (RANKING, "The order is 3, 1, 2."),
        (RETRIEVAL, "4,1,2"),
        (RETRIEVAL, "4,1,2,3"),
        (ENTITIES, "orvello"),
        (ENTITIES, '["Orvello", "red pan"]'),
        (TEXT, "For frying."),
    ],
)
def test_what_the_question_allows_is_valid(question, answer):
    assert not is_invalid(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (CHOICE, ""),
        (CHOICE, "The answer is 1"),
        (CHOICE, "pear"),
        (CHOICE, "2"),
        (SCALE, "0"),
        (RANKING, "no idea"),
        (RANKING, "1 2 3"),
        (RANKING, "1,1,2"),
        (RANKING, "3,1"),
        (RANKING, "3,1,4"),
        (RETRIEVAL, "1,2"),
        (RETRIEVAL, "1,2,2"),
        (RETRIEVAL, "1,2,9"),
        (ENTITIES, ""),
        (ENTITIES, "Brambel"),
        (ENTITIES, "The brand is Orvello"),
        (TEXT, "  \n"),
    ],
)
def test_what_the_parser_cannot_read_or_the_question_does_not_allow_is_invalid(question, answer):
    assert is_invalid(question, answer)


def test_invalid_answers_are_counted_with_the_interval_of_their_share():
    counted = count_invalid([Prediction(CHOICE, answer) for answer in ("0", "1", "pear", "1")], ScoringSettings())
    assert (counted.count, counted.questions) == (1, 4)
    assert (round(counted.interval.low, 3), round(counted.interval.high, 3)) == (0.046, 0.699)


def test_no_invalid_answer_among_few_does_not_mean_there_is_none():
    interval = find_share_interval(0, 96, 0.95)
    assert (interval.low, round(interval.high, 4)) == (0.0, 0.0385)

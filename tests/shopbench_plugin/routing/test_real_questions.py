"""Real public questions: what is read from their wording against what their rows say."""

from functools import cache
from pathlib import Path

import pytest

from shopbench_plugin.core.vocabulary import Question, Routed, TaskType
from shopbench_plugin.formats.questions import read_questions
from shopbench_plugin.routing import route, route_question


@cache
def route_all(path: Path, *, is_told: bool) -> list[tuple[Question, Routed]]:
    """Return every question of a file as it is routed with or without its row's word on multiple choice."""
    questions = read_questions(path)
    return [(one, route(one.input_field, one.is_multiple_choice if is_told else None)) for one in questions]


def is_right(question: Question, routed: Routed) -> bool:
    """Tell whether the type is right and the reference can be answered at all."""
    if routed.task_type is not question.task_type:
        return False
    if routed.task_type is TaskType.MULTIPLE_CHOICE:
        return str(question.output_field) in routed.answer_space.labels
    if routed.task_type is TaskType.RETRIEVAL:
        assert isinstance(question.output_field, list)
        return {str(index) for index in question.output_field} <= set(routed.answer_space.labels)
    if routed.task_type is TaskType.RANKING:
        assert isinstance(question.output_field, list)
        return len(routed.answer_space.labels) == len(question.output_field)
    return True


@pytest.mark.parametrize("is_told", [True, False])
def test_every_development_question_is_right(shopbench_development: Path, is_told: bool) -> None:
    assert [
        question.input_field
        for question, routed in route_all(shopbench_development, is_told=is_told)
        if not is_right(question, routed)
    ] == []


@pytest.mark.parametrize("is_told", [True, False])
def test_of_the_other_questions_99_percent_are_right(shopbench_style: Path, is_told: bool) -> None:
    right = [is_right(*pair) for pair in route_all(shopbench_style, is_told=is_told)]
    assert sum(right) >= 0.99 * len(right)


def test_all_are_english(shopbench_development: Path, shopbench_style: Path) -> None:
    pairs = route_all(shopbench_development, is_told=False) + route_all(shopbench_style, is_told=False)
    assert {routed.language for _, routed in pairs} == {"en"}


def test_no_development_question_is_unsure(shopbench_development: Path) -> None:
    assert all(route_question(question).is_sure for question in read_questions(shopbench_development))


def test_a_keyphrase_that_stands_in_its_review_stands_in_the_passage(shopbench_development: Path) -> None:
    keyphrases = [question for question in read_questions(shopbench_development) if question.task_name == "task6"]
    for question in keyphrases:
        passage = route_question(question).answer_space.passage
        assert passage is not None
        assert str(question.output_field).casefold() in passage.casefold()


def test_the_numbers_asked_for_are_read(shopbench_development: Path) -> None:
    retrievals = [
        routed.answer_space
        for routed in map(route_question, read_questions(shopbench_development))
        if routed.task_type is TaskType.RETRIEVAL
    ]
    assert {(len(space.labels), space.count) for space in retrievals} == {(10, 3), (15, 3)}

"""What holds for every question, whatever its wording."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.routing import route, route_question

PIECES = [
    *(
        "Rank ",
        "select three ",
        "numbers ",
        "Query: ",
        "Review:\n",
        "Products: ",
        "0. ",
        "1. ",
        "2.",
        "A: ",
        "B) ",
        "[",
    ),
    *('"', "'", "\n", "\n\n", "： ", "1 to 5 ", "scale ", "１", "、", "?", "Output:", "entity ", "extract ", "phrase "),
]
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@given(text=texts, is_multiple_choice=st.sampled_from([True, False, None]))
def test_any_text_gets_a_route_with_an_answer_space_that_fits(text: str, is_multiple_choice: bool | None) -> None:
    routed = route(text, is_multiple_choice)
    space = routed.answer_space
    assert routed.rule
    assert len(space.labels) == len(space.texts) == len(set(space.labels))
    if routed.task_type is TaskType.MULTIPLE_CHOICE:
        assert space.count == 1 <= len(space.labels)
    if routed.task_type in {TaskType.RANKING, TaskType.RETRIEVAL}:
        assert (space.count or 1) <= len(space.labels)


@given(text=texts)
def test_what_is_told_about_multiple_choice_is_trusted(text: str) -> None:
    assert route(text, is_multiple_choice=True).task_type is TaskType.MULTIPLE_CHOICE
    assert route(text, is_multiple_choice=False).task_type is not TaskType.MULTIPLE_CHOICE


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        " ",
        "\n",
        "' ",
        "'a ",
        "1. a\n2. b\n",
        "0. x ",
        '["A: x", ',
        "select ",
        "Review:\n",
        "1 to ",
        "(",
        "select  ",
    ],
)
def test_a_question_of_100_000_characters_is_routed_without_a_step_for_each_two_of_them(piece: str) -> None:
    """Quadratic time would be 2.5 s of CPU at the least; 0.05 to 0.5 s is usual, whatever else the machine does."""
    text = piece * (100_000 // len(piece))
    started = time.thread_time()
    assert route(text).question.input_field == text
    assert time.thread_time() - started < 2


def test_an_instruction_after_a_long_review_is_found() -> None:
    text = f"Review: {'It hums. ' * 100_000}\nInstruction: Write a headline for the review."
    assert route(text).rule == "asks to write a text"


def test_a_row_may_say_what_it_is_answered_as() -> None:
    question = Question("Anything?\n1. tea\n2. milk", is_multiple_choice=False, route_as=TaskType.RANKING)
    routed = route_question(question)
    assert (routed.task_type, routed.answer_space.labels, routed.is_sure) == (TaskType.RANKING, ("1", "2"), True)
    assert route_question(question, TaskType.RETRIEVAL).task_type is TaskType.RETRIEVAL


@pytest.mark.parametrize(
    ("task_type", "labels", "count"),
    [
        (TaskType.MULTIPLE_CHOICE, "0 1 2 3", 1),
        (TaskType.RANKING, "1 2 3 4 5", 5),
        (TaskType.RETRIEVAL, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", None),
    ],
)
def test_where_no_labels_are_shown_the_usual_ones_are_guessed(task_type: TaskType, labels: str, count: int) -> None:
    routed = route("Which products fit?", task_type=task_type)
    assert (" ".join(routed.answer_space.labels), routed.answer_space.count) == (labels, count)
    assert (routed.rule, routed.is_sure) == ("given with the question, options not found", False)


def test_the_reference_in_a_row_is_not_looked_at() -> None:
    question = Question("Translate 'cup' into German.", task_type=TaskType.RANKING)
    assert route_question(question).task_type is TaskType.GENERATION


def test_a_reviewers_own_letters_are_no_options() -> None:
    review = "Review: Three things.\na) It hums.\nb) It leaks.\nc) It is red.\n"
    assert route(f"What is wrong with the product?\n{review}Output: ").task_type is TaskType.GENERATION

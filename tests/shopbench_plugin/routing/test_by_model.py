"""What a model is asked about a question whose wording doesn't tell its type, and what its answer means."""

import pytest

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.routing import route
from shopbench_plugin.routing.by_model import ask_for_type, list_choices, route_as_answered, wants_model

OPEN = "Kettle, stove, mug!"


def test_only_a_question_whose_wording_tells_nothing_is_asked_about():
    assert wants_model(route(OPEN))
    assert not wants_model(route("Translate 'kettle' into German."))


def test_what_is_told_about_multiple_choice_is_not_asked():
    assert list_choices(route("Kettle!", True)) == ()
    assert list_choices(route(OPEN, False)) == ("A", "B")
    assert list_choices(route(OPEN)) == ("A", "B", "E")


def test_the_dialogue_holds_the_choices_and_the_question():
    [message] = ask_for_type(route(OPEN, False))
    assert message.role == "user"
    assert message.content.startswith("What kind of answer does the question below want? Reply with one letter.\nA. ")
    assert message.content.endswith(f"\n\nQuestion:\n{OPEN}")
    assert "\nE. " not in message.content


def test_a_long_question_is_asked_about_by_its_ends():
    [message] = ask_for_type(route(f"{OPEN}{' x' * 5_000} end"))
    assert len(message.content) < 2_500
    assert message.content.endswith("x end")


@pytest.mark.parametrize(("letter", "task_type"), [("A", "generation"), ("B", "named_entity_recognition")])
def test_the_answer_decides_and_stays_a_guess(letter, task_type):
    routed = route_as_answered(route(OPEN, False), letter)
    assert (routed.task_type, routed.rule, routed.is_sure) == (TaskType(task_type), "asked the model", False)


def test_any_other_answer_changes_nothing():
    routed = route(OPEN, False)
    assert route_as_answered(routed, "E") is routed
    assert route_as_answered(routed, "") is routed

"""Asks a model for the task type of a question whose wording leaves it open: the prompt, and reading the answer."""

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from shopbench_plugin.core.vocabulary import Message, Routed, TaskType
from shopbench_plugin.routing.decision import route_question

_LONGEST_EXCERPT: Final = 1_500
_MEANINGS: Final = MappingProxyType(
    {
        "A": (TaskType.GENERATION, "a free text: a translation, an explanation, a summary, a phrase of a review"),
        "B": (TaskType.NAMED_ENTITY_RECOGNITION, "words of a query or title that name a brand, a colour or the like"),
        "C": (TaskType.RANKING, "the numbers of all items of a list in an order"),
        "D": (TaskType.RETRIEVAL, "the numbers of those items of a list that fit"),
        "E": (TaskType.MULTIPLE_CHOICE, "one of a few options, or one number of a scale"),
    }
)


def wants_model(routed: Routed) -> bool:
    """Return whether the wording of a question left its task type open."""
    return not routed.is_sure and len(list_choices(routed)) > 1


def list_choices(routed: Routed) -> tuple[str, ...]:
    """Return the letters that a model may answer: one per task type that the question may have.

    What the row says about multiple choice is trusted, and items can be ordered or selected only if there are any.
    """
    told, has_list = routed.question.is_multiple_choice, routed.layout.listing is not None
    if told or routed.question.route_as:
        return ()
    listed = {TaskType.RANKING, TaskType.RETRIEVAL}
    return tuple(
        letter
        for letter, (task_type, _) in _MEANINGS.items()
        if (has_list or task_type not in listed) and (told is None or task_type is not TaskType.MULTIPLE_CHOICE)
    )


def ask_for_type(routed: Routed) -> tuple[Message, ...]:
    """Return the dialogue that asks a model for the kind of answer that a question requires, as one letter."""
    text = routed.question.input_field
    half = _LONGEST_EXCERPT // 2
    excerpt = text if len(text) <= _LONGEST_EXCERPT else f"{text[:half]}\n[...]\n{text[-half:]}"
    kinds = "\n".join(f"{letter}. {_MEANINGS[letter][1]}" for letter in list_choices(routed))
    asked = f"What kind of answer does the question below want? Reply with one letter.\n{kinds}\n\nQuestion:\n{excerpt}"
    return (Message("user", asked),)


def route_as_answered(routed: Routed, letter: str) -> Routed:
    """Return the question routed as a model answered; it remains a guess and is never marked as sure.

    A letter that is not one of the choices changes nothing.
    """
    if letter not in list_choices(routed):
        return routed
    again = route_question(routed.question, _MEANINGS[letter][0])
    return replace(again, rule="asked the model", is_sure=False)

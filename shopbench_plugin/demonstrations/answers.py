"""The answer to a development question as the model should write it."""

from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.routing import route_question


def write_answer(question: Question) -> str:
    """Return the reference of a development question in the form that its parser and the question require.

    A ranking's relevance weights become item numbers, best first, ties in list order, spelled and counted as in the
    question's list: [1, 0.01, 0.1, 1, 0] becomes "1,4,3,2,5". A retrieval's indices become "6,9,15"; if the reference
    has fewer than the question asks for, the first others of the list follow, since a demonstration shows how many to
    return. Entities become "a, b", and the first of several reference texts is used. Numbers have no leading zeros,
    like the labels of an answer space.

    Raises:
        ShopBenchError: the question has no reference, or a ranking doesn't have one weight per listed item.
    """
    reference: Any = question.output_field
    if reference is None:
        raise ShopBenchError(f"{_name(question)} has no 'output_field'; demonstrations need one")
    match question.task_type:
        case TaskType.RANKING:
            return ",".join(_rank(reference, question))
        case TaskType.RETRIEVAL:
            return ",".join(_complete([str(number) for number in reference], question))
        case TaskType.NAMED_ENTITY_RECOGNITION:
            return ", ".join(reference)
        case TaskType.MULTIPLE_CHOICE:
            label = str(reference).strip()
            return str(int(label)) if label.isdecimal() else label
        case _:
            first = reference[0] if isinstance(reference, list) else reference
            return str(first).strip()


def _rank(weights: list[float], question: Question) -> list[str]:
    labels = route_question(question, TaskType.RANKING).answer_space.labels
    if len(labels) != len(weights):
        raise ShopBenchError(
            f"{_name(question)} lists {len(labels)} items, but its 'output_field' has {len(weights)} weights;"
            " use one weight per item"
        )
    order = sorted(range(len(weights)), key=lambda item: -weights[item])
    return [labels[item] for item in order]


def _complete(numbers: list[str], question: Question) -> list[str]:
    space = route_question(question, TaskType.RETRIEVAL).answer_space
    others = [label for label in space.labels if label not in numbers]
    return numbers + others[: max(0, (space.count or 0) - len(numbers))]


def _name(question: Question) -> str:
    start = " ".join(question.input_field.split())[:60]
    return f"the question of {question.task_name} that begins '{start}'"

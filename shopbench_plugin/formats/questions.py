r"""Development and test sets: JSONL files whose rows become `Question`s.

One row of a development set, one line in the file:

    {"input_field": "Which category ...?\n0. shoe\n1. pan\nAnswer: ", "output_field": 1, "task_name": "task2",
     "task_type": "multiple-choice", "metric": "accuracy", "is_multiple_choice": true, "track": "amazon-..."}

A row of a test set holds `input_field` and, as a rule, `is_multiple_choice`. Any row may say with `route_as` which task
type it is to be answered as.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, shorten, unknown_name
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.storage.files import read_json_lines

_FIELDS = tuple(field.name for field in fields(Question))
_DEVELOPMENT_FIELDS = ("output_field", "task_name", "task_type", "metric")
_LARGEST_WEIGHT = 64
"""A ranking's gain is 2^weight: graded relevance needs a few steps, and 1,100 of them overflow."""
_REFERENCE_WANTED = {
    TaskType.MULTIPLE_CHOICE: "the option's number or letter",
    TaskType.RANKING: f"a list of relevance weights, one for each item, none beyond {_LARGEST_WEIGHT}",
    TaskType.RETRIEVAL: "a list of item numbers",
    TaskType.NAMED_ENTITY_RECOGNITION: "a list of strings",
    TaskType.GENERATION: "a string or a list of strings",
}


def read_questions(path: Path) -> list[Question]:
    """Read the questions of a development or test set, in file order.

    An empty question is read like any other, since it wants an answer too. Fields of no meaning here are left alone,
    unless their name looks like a misspelt one.

    Raises:
        ShopBenchError: the file can't be read, holds no row, or a row is broken; names the line and the remedy.
    """
    return [question for _, question in _read(path)]


def read_development_set(path: Path) -> list[Question]:
    """Read the questions of a development set: each has its reference, task, type and metric.

    Raises:
        ShopBenchError: as `read_questions`; also where one of these fields is missing, or where the reference isn't of
            the form that its task type wants.
    """
    questions = []
    for place, question in _read(path):
        for name in _DEVELOPMENT_FIELDS:
            if getattr(question, name) is None:
                raise ShopBenchError(f"{place}: no '{name}'; every row of a development set needs it")
        problem = find_reference_problem(question)
        if problem is not None:
            raise ShopBenchError(f"{place}: {problem}")
        questions.append(question)
    return questions


def find_reference_problem(question: Question) -> str | None:
    """Return why the reference isn't of the form that the question's task type wants, None where it is."""
    task_type, reference = question.task_type, question.output_field
    if task_type is None or _fits(reference, task_type):
        return None
    return f"'output_field' of a {task_type} is {shorten(reference)}; it must be {_REFERENCE_WANTED[task_type]}"


def _read(path: Path) -> Iterator[tuple[str, Question]]:
    place = None
    for number, row in read_json_lines(path):
        place = f"{path}:{number}"
        yield place, parse_question(row, place)
    if place is None:
        raise ShopBenchError(f"{path}: holds no question; write one JSON object a line")


def parse_question(row: Mapping[str, Any], place: str) -> Question:
    """Return the question of one row; `place` is what an error calls the row.

    Raises:
        ShopBenchError: the row has no text, a field is of the wrong kind, or its name looks misspelt.
    """
    _reject_misspelt(row, place)
    if row.get("input_field") is None:
        raise ShopBenchError(f"{place}: no 'input_field'; put the question's text there")
    for name in ("input_field", "task_name", "metric", "track"):
        _check(row, name, lambda value: isinstance(value, str), "a string", place)
    _check(row, "is_multiple_choice", lambda value: isinstance(value, bool), "true or false", place)
    _check(row, "output_field", _is_reference, "a string, an integer, or a list of strings or of numbers", place)
    values: dict[str, Any] = {name: row.get(name) for name in _FIELDS}
    types = {name: _parse_task_type(row, name, place) for name in ("task_type", "route_as")}
    return Question(**values | types)


def _reject_misspelt(row: Mapping[str, Any], place: str) -> None:
    for name in (name for name in row if name not in _FIELDS):
        close = [field for field in get_close_matches(name, _FIELDS, n=1, cutoff=0.8) if field not in row]
        if close:
            raise ShopBenchError(f"{place}: unknown field '{name}', did you mean '{close[0]}'?")


def _check(row: Mapping[str, Any], name: str, holds: Callable[[Any], bool], wanted: str, place: str) -> None:
    value = row.get(name)
    if value is not None and not holds(value):
        raise ShopBenchError(f"{place}: '{name}' is {shorten(value)}; it must be {wanted}")


def _parse_task_type(row: Mapping[str, Any], field: str, place: str) -> TaskType | None:
    name = row.get(field)
    if name is None:
        return None
    try:
        return TaskType(name)
    except ValueError:
        raise ShopBenchError(f"{place}: {unknown_name(field, str(name), list(TaskType))}") from None


def _fits(reference: object, task_type: TaskType) -> bool:
    match task_type:
        case TaskType.MULTIPLE_CHOICE:
            return isinstance(reference, int | str) and not isinstance(reference, bool) and reference != ""
        case TaskType.RANKING:
            return bool(reference) and _is_list_of(reference, int, float) and _is_within_bounds(reference)
        case TaskType.RETRIEVAL:
            return bool(reference) and _is_list_of(reference, int)
        case TaskType.NAMED_ENTITY_RECOGNITION:
            return _is_list_of(reference, str)
        case TaskType.GENERATION:
            return isinstance(reference, str) or (bool(reference) and _is_list_of(reference, str))


def _is_within_bounds(weights: Any) -> bool:
    return all(abs(weight) <= _LARGEST_WEIGHT for weight in weights)


def _is_reference(value: object) -> bool:
    if isinstance(value, list):
        return _is_list_of(value, int, float) or _is_list_of(value, str)
    return isinstance(value, int | str) and not isinstance(value, bool)


def _is_list_of(value: object, *kinds: type) -> bool:
    return isinstance(value, list) and all(isinstance(one, kinds) and not isinstance(one, bool) for one in value)

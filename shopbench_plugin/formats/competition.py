r"""The competition's format: development and test sets of the Amazon KDD Cup 2024; other formats are converted to it.

One row of a development set:

    {"input_field": "Which category ...?\n0. shoe\n1. pan\nAnswer: ", "output_field": 1, "task_name": "task2",
     "task_type": "multiple-choice", "metric": "accuracy", "is_multiple_choice": true, "track": "amazon-..."}

A row of a test set has `input_field` and usually `is_multiple_choice`. In any row, `route_as` sets the task type to
answer it as; `task_type` is only what the routing is compared with. In CSV and Parquet, and in EC-Guide's files,
booleans and references are strings: "True", "[1, 0.1, 0]".
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from pathlib import PurePath
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, shorten, unknown_name
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.formats.files import Row
from shopbench_plugin.formats.form import QuestionFormat

_FIELDS = tuple(field.name for field in fields(Question))
_TRUTH_VALUES = {"true": True, "false": False}
_LONGEST_LITERAL = 100_000


def _restate(path: PurePath, row: Row) -> Row:
    """Return the row, in CSV without empty cells, and with lists of strings parsed from their cells."""
    if ".csv" not in path.suffixes[-2:]:
        return row
    restated = {name: value for name, value in row.items() if value != "" or name == "input_field"}
    reference = read_list(restated.get("output_field"))
    return restated if reference is None else restated | {"output_field": reference}


FORMAT = QuestionFormat(matches=lambda _, row: "input_field" in row, restate=_restate, has_own_reader=True)


def parse_question(row: Mapping[str, Any], place: str) -> Question:
    """Return the question of one row; errors call the row `place`.

    Raises:
        ShopBenchError: the row has no text, a field has the wrong type, or its name looks misspelt.
    """
    _reject_misspelt(row, place)
    if row.get("input_field") is None:
        raise ShopBenchError(f"{place}: no 'input_field'; put the question's text there")
    for name in ("input_field", "task_name", "metric", "track"):
        _check(row, name, lambda value: isinstance(value, str), "a string", place)
    types = {name: _parse_task_type(row, name, place) for name in ("task_type", "route_as")}
    values: dict[str, Any] = {name: row.get(name) for name in _FIELDS} | types
    values["is_multiple_choice"] = read_truth_value(values["is_multiple_choice"])
    values["output_field"] = read_reference(values["output_field"], types["task_type"])
    _check(values, "is_multiple_choice", lambda value: isinstance(value, bool), "true or false", place)
    _check(values, "output_field", _is_reference, "a string, an integer, or a list of strings or of numbers", place)
    return Question(**values)


def read_truth_value(value: object) -> object:
    """Return the boolean of a string such as "True"; anything else unchanged."""
    return _TRUTH_VALUES.get(value.strip().lower(), value) if isinstance(value, str) else value


def read_reference(value: object, task_type: TaskType | None) -> object:
    """Return a reference written as text as the number or list that its task type needs; any other unchanged."""
    match task_type:
        case TaskType.MULTIPLE_CHOICE:
            return _read_whole_number(value)
        case TaskType.RANKING | TaskType.RETRIEVAL | TaskType.NAMED_ENTITY_RECOGNITION:
            found = read_list(value)
            return value if found is None else found
        case _:
            return value


def read_list(value: object) -> list[Any] | None:
    """Return the list of a Python or JSON literal; None if it isn't one."""
    if not (isinstance(value, str) and len(value) < _LONGEST_LITERAL and value.strip().startswith("[")):
        return None
    try:
        found = ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _read_whole_number(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().removesuffix(".0").isdecimal():
        return int(value.strip().removesuffix(".0"))
    return value


def _reject_misspelt(row: Mapping[str, Any], place: str) -> None:
    for name in row:
        close = None if name in _FIELDS else _find_close_field(name)
        if close is not None and close not in row:
            raise ShopBenchError(f"{place}: unknown field '{name}', did you mean '{close}'?")


@cache
def _find_close_field(name: str) -> str | None:
    return next(iter(get_close_matches(name, _FIELDS, n=1, cutoff=0.8)), None)


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


def _is_reference(value: object) -> bool:
    if isinstance(value, list):
        return is_list_of(value, int, float) or is_list_of(value, str)
    return isinstance(value, int | str) and not isinstance(value, bool)


def is_list_of(value: object, *kinds: type) -> bool:
    """Return whether `value` is a list of only these types; booleans aren't numbers."""
    return isinstance(value, list) and all(isinstance(one, kinds) and not isinstance(one, bool) for one in value)

"""The columns of an ECInstruct row, and the question that they ask together."""

import math

from shopbench_plugin.core.errors import shorten
from shopbench_plugin.ecinstruct.literals import write_json
from shopbench_plugin.ecinstruct.rows import RowError

_ABSENT = ("", "None", "null", "nan", "NaN", "[]")
LONGEST_ABSENT = 10
"""A longer text is none of these, with a few blanks around it: the options of nearly all rows need no further look."""


def state_input(content: str, options: str) -> str:
    """Return what follows the instruction as ECInstruct states it: the options after the input."""
    return f"{content}\n{options}" if options else content


def read_text(value: object, name: str) -> str:
    """Return the text of a column.

    Raises:
        RowError: it is missing, empty or no text.
    """
    if value is None:
        raise RowError(f"has no '{name}'; fix or remove the row")
    text = _write(value, name)
    if not text.strip():
        raise RowError(f"'{name}' is empty; fix or remove the row")
    return text


def _write(value: object, name: str) -> str:
    """Return text as it is, and what a reader already parsed as the JSON that it was."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return write_json(value)
    raise RowError(f"'{name}' is {shorten(value)}; it must be text")


def read_options(value: object) -> str:
    """Return options as text, "" for the many ways of writing none: a data frame's NaN, nothing, "None"."""
    is_absent = value is None or value == [] or (isinstance(value, float) and math.isnan(value))
    text = "" if is_absent else _write(value, "options")
    return "" if text.strip() in _ABSENT else text

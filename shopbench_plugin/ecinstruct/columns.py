"""The columns of an ECInstruct row, and the question that they form."""

import math

from shopbench_plugin.core.errors import shorten
from shopbench_plugin.ecinstruct.literals import write_json
from shopbench_plugin.ecinstruct.rows import RowError

_ABSENT = ("", "None", "null", "nan", "NaN", "[]")
LONGEST_ABSENT = 10
"""A longer text is none of these, even with a few spaces around it; this skips the check for nearly all rows."""


def state_input(content: str, options: str) -> str:
    """Return the text after the instruction as in ECInstruct: the options after the input."""
    return f"{content}\n{options}" if options else content


def read_text(value: object, name: str) -> str:
    """Return the text of a column.

    Raises:
        RowError: it is missing, empty or not text.
    """
    if value is None:
        raise RowError(f"has no '{name}'; fix or remove the row")
    text = _write(value, name)
    if not text.strip():
        raise RowError(f"'{name}' is empty; fix or remove the row")
    return text


def _write(value: object, name: str) -> str:
    """Return text unchanged, and a value that a reader already parsed as the original JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return write_json(value)
    raise RowError(f"'{name}' is {shorten(value)}; it must be text")


def read_options(value: object) -> str:
    """Return options as text, "" for any spelling of none: a data frame's NaN, null, "None"."""
    is_absent = value is None or value == [] or (isinstance(value, float) and math.isnan(value))
    text = "" if is_absent else _write(value, "options")
    return "" if text.strip() in _ABSENT else text

"""Rows of ECInstruct, in the types that their file form has: their letters become numbers, or a swap rewords them."""

import math
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

from converters.ecinstruct.reformat import reformat
from converters.ecinstruct.swaps import Rewriting
from converters.forms.form import Form
from shopbench_plugin.core.errors import shorten
from shopbench_plugin.ecinstruct.literals import write_json
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError, Task, parse_split
from shopbench_plugin.ecinstruct.tasks import find_task

_ABSENT = ("", "None", "null", "nan", "NaN", "[]")
# A longer text is none of these, with a few blanks around it: the options of nearly all rows need no further look.
_LONGEST_ABSENT = 10


def is_ecinstruct(record: Mapping[str, Any]) -> bool:
    """Whether the record has ECInstruct's columns, `task` or `options` at least."""
    return record.get("task") is not None or record.get("options") is not None


def read_row(record: Mapping[str, Any]) -> Row:
    """Return the record as a row; keys beyond the schema (few-shot examples) are left alone.

    Raises:
        RowError: a field is missing or of the wrong kind, or the task or split is unknown.
    """
    get = record.get
    instruction, content, output, options = get("instruction"), get("input"), get("output"), get("options")
    try:
        task, split, setting = _read_place(get("task"), get("split"), get("setting"))
    except TypeError:
        raise RowError("'task', 'split' and 'setting' must be text") from None
    # Nearly all fields are text as they should be; a call for each would cost as much as the rest of this function.
    if type(instruction) is not str or not instruction or instruction.isspace():
        instruction = _read_text(instruction, "instruction")
    if type(content) is not str or not content or content.isspace():
        content = _read_text(content, "input")
    if type(output) is not str or not output or output.isspace():
        output = _read_text(output, "output")
    if options is None:
        options = ""
    elif type(options) is not str or len(options) <= _LONGEST_ABSENT:
        options = _read_options(options)
    return Row(task, split, setting, instruction, content, options, output)


@lru_cache(maxsize=4096)
def _read_place(task: Hashable, split: Hashable, setting: Hashable) -> tuple[Task, str, str]:
    return find_task(task), parse_split(split), str(setting or "")


def restate_original(row: Row) -> Example:
    """Return `row` as ECInstruct states it: options after the input, letters and output untouched."""
    return Example(row.instruction, f"{row.input}\n{row.options}" if row.options else row.input, row.output)


def rewrite_row(row: Row, rewritings: Mapping[str, Rewriting], choice: int) -> Example:
    """Return the row as the challenge would ask it, in the words of its task's swap where it has one.

    Raises:
        RowError: the row can't be rewritten.
    """
    rewriting = rewritings.get(row.task.name)
    return rewriting.apply(row, choice) if rewriting else reformat(row)


def _read_text(value: object, name: str) -> str:
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


def _read_options(value: object) -> str:
    """Return options as text, "" for the many ways of writing none: a data frame's NaN, nothing, "None"."""
    is_absent = value == [] or (isinstance(value, float) and math.isnan(value))
    text = "" if is_absent else _write(value, "options")
    return "" if text.strip() in _ABSENT else text


FORM = Form("ecinstruct", is_ecinstruct, read_row, rewrite_row, restate_original)

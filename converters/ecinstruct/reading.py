"""An ECInstruct record, in whatever types its file form gives, as a `Row`."""

import math
from collections.abc import Mapping
from typing import Any

from converters.ecinstruct.literals import write_json
from converters.ecinstruct.tasks import find_task
from converters.rows import Example, Row, RowError, parse_split, shorten


def read_row(record: Mapping[str, Any]) -> Row:
    """Return the record as a row; keys beyond the schema (few-shot examples) are left alone.

    Raises:
        RowError: a field is missing or of the wrong kind, or the task or split is unknown.
    """
    options = record.get("options")
    return Row(
        find_task(record.get("task")),
        parse_split(record.get("split")),
        str(record.get("setting") or ""),
        _read_text(record, "instruction"),
        _read_text(record, "input"),
        "" if _is_absent(options) else _write(options, "options"),
        _read_text(record, "output"),
    )


def restate_original(row: Row) -> Example:
    """Return `row` as ECInstruct states it: options after the input, letters and output untouched."""
    return Example(row.instruction, f"{row.input}\n{row.options}" if row.options else row.input, row.output)


def _read_text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if value is None:
        raise RowError(f"has no '{name}'")
    text = value if isinstance(value, str) else _write(value, name)
    if not text.strip():
        raise RowError(f"'{name}' is empty")
    return text


def _write(value: object, name: str) -> str:
    """Return text as it is, and what a reader already parsed as the JSON that it was."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return write_json(value)
    raise RowError(f"'{name}' is {shorten(value)}; it must be text")


def _is_absent(options: object) -> bool:
    """Tell the many ways of writing no options: null, a data frame's NaN, nothing, "None"."""
    if isinstance(options, str):
        return options.strip() in ("", "None", "null", "nan", "[]")
    return options is None or options == [] or (isinstance(options, float) and math.isnan(options))

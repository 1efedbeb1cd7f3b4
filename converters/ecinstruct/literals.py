"""ECInstruct's lists and objects, which some tasks write as JSON and others as Python literals."""

import ast
import re
import warnings
from typing import Any

import orjson

from converters.rows import RowError, shorten

# A list of Python string literals without escapes is split by this expression, many times faster than by `ast`.
_PLAIN_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_LONGEST_LITERAL = 1_000_000


def parse_list(text: str, what: str) -> list[Any]:
    """Return the list that `text` writes as JSON or as a Python literal; `what` names it in the error.

    Raises:
        RowError: it is neither, or no list.
    """
    value = _parse(text, what)
    if not isinstance(value, list):
        raise RowError(f"{what} is no list: {shorten(text)}")
    return value


def parse_object(text: str, what: str) -> dict[str, Any]:
    """Return the object that `text` writes as JSON or as a Python literal; `what` names it in the error.

    Raises:
        RowError: it is neither, or no object.
    """
    value = _parse(text, what)
    if not isinstance(value, dict):
        raise RowError(f"{what} is no JSON object: {shorten(text)}")
    return value


def write_json(value: object) -> str:
    """Return `value` as JSON as ECInstruct writes it, a space after colon and comma, but with its text unescaped."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{write_json(key)}: {write_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write_json, value)) + "]"
    return orjson.dumps(value).decode()


def _parse(text: str, what: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        plain = _split_plain_strings(text)
        return _evaluate(text, what) if plain is None else plain


def _split_plain_strings(text: str) -> list[str] | None:
    if "\\" in text:
        return None
    literals = _PLAIN_STRING.findall(text)
    if f"[{', '.join(literals)}]" != text:
        return None
    return [literal[1:-1] for literal in literals]


def _evaluate(text: str, what: str) -> object:
    if len(text) > _LONGEST_LITERAL:
        raise RowError(
            f"{what} is a Python literal of {len(text):,} characters; more than {_LONGEST_LITERAL:,} is no row"
        )
    try:
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
            return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        raise RowError(f"{what} is neither JSON nor a Python literal: {shorten(text)}") from None

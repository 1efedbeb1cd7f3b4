"""Parses ECInstruct's lists and objects, which are JSON in some tasks and Python literals in others."""

import ast
import json
import re
import warnings
from contextlib import suppress
from typing import Any

import orjson

from shopbench_plugin.core.errors import shorten
from shopbench_plugin.ecinstruct.rows import RowError

_QUOTES = ("'", '"')
# A JSON escape; characters beyond the first 65,536 need two.
_ESCAPE = re.compile(r"\\(?:u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_SHORT_ESCAPE = 2
_LONGEST_LITERAL = 1_000_000
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def parse_list(text: str, what: str) -> list[Any]:
    """Parse `text`, a list as JSON or as a Python literal; `what` names it in the error.

    Raises:
        RowError: it is neither, or not a list.
    """
    value = _parse(text, what)
    if not isinstance(value, list):
        raise RowError(f"{what} is not a list: {shorten(text)}")
    return value


def parse_object(text: str, what: str) -> dict[str, Any]:
    """Parse `text`, an object as JSON or as a Python literal; `what` names it in the error.

    Raises:
        RowError: it is neither, or not an object.
    """
    value = _parse(text, what)
    if not isinstance(value, dict):
        raise RowError(f"{what} is not a JSON object: {shorten(text)}")
    return value


def write_json(value: object) -> str:
    """Return `value` as JSON in ECInstruct's style, a space after colon and comma, but with text unescaped."""
    return _ENCODER.encode(value)


def show_characters(text: str) -> str:
    r"""Return JSON text with \u escapes replaced by their characters, otherwise unchanged, whitespace included.

    Escapes of quotes, backslashes, control characters and lone surrogates are kept, since JSON needs them.
    """
    return _ESCAPE.sub(_show_character, text)


def _show_character(found: re.Match[str]) -> str:
    escape = found[0]
    if len(escape) == _SHORT_ESCAPE:
        return escape
    character = str(json.loads(f'"{escape}"'))
    return escape if character < " " or character in '"\\' or "\ud800" <= character <= "\udfff" else character


def _parse(text: str, what: str) -> object:
    strings = _split_strings(text) if text.startswith("['") else None
    if strings is not None:
        return strings
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        strings = _split_strings(text)
        return _parse_rest(text, what) if strings is None else strings


def _parse_rest(text: str, what: str) -> object:
    """Parse an object with NaN, which only `json` accepts, or a Python literal; NaN in a list isn't text."""
    if text.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    return _evaluate(text, what)


def _split_strings(text: str) -> list[str] | None:
    """Return the strings of a list in Python's repr; None if `ast`, which is ten times slower, is needed."""
    if text[:1] != "[" or text[-1:] != "]":
        return None
    has_escapes = "\\" in text
    if (has_escapes and "\\\\" in text) or "\n" in text or "\r" in text:  # escaped backslashes, line breaks
        return None
    strings: list[str] = []
    find, start, last = text.find, 1, len(text) - 2
    while start < last and (quote := text[start]) in _QUOTES:
        end = find(quote, start + 1)
        if has_escapes:
            while end > 0 and text[end - 1] == "\\":
                end = find(quote, end + 1)
            if end == -1:
                return None
            strings.append(_unescape(text[start : end + 1]))
        else:
            strings.append(text[start + 1 : end])
        start = end + 3
        if text[end + 1 : start] != ", ":
            return strings if end == last else None
    return None


def _unescape(literal: str) -> str:
    """Return the value of a string literal without escaped backslashes."""
    string = literal[1:-1]
    if string.count("\\") == string.count("\\'"):  # the usual escape: a title with both kinds of quotes
        return string.replace("\\'", "'")
    return str(_evaluate(literal, "a text"))


def _evaluate(text: str, what: str) -> object:
    if len(text) > _LONGEST_LITERAL:
        raise RowError(
            f"{what} is a Python literal of {len(text):,} characters; at most {_LONGEST_LITERAL:,} are allowed"
        )
    try:
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
            return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        raise RowError(f"{what} is neither JSON nor a Python literal: {shorten(text)}") from None

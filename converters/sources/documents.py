"""Files that are one JSON object containing all rows, as data frames and scripts write: `df.to_json(path)`."""

import json
import re
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from converters.forms.sharegpt import is_dialogue
from shopbench_plugin.core.errors import ShopBenchError

_FIRST_VALUE = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*[\[{]')
_LARGEST = 64 << 20
_SPLITS = ("train", "val", "valid", "validation", "dev", "test")


class Table(NamedTuple):
    """Rows, and the fields that their key in the object specifies."""

    rows: list[dict[str, Any]]
    defaults: tuple[tuple[str, str], ...] = ()


def may_be_document(start: bytes) -> bool:
    """Return whether a file that starts with these bytes may be one object: its first value is a list or an object."""
    first, _, rest = start.lstrip().partition(b"\n")
    is_line = first.rstrip().endswith(b"}") and rest.strip()
    return not is_line and _FIRST_VALUE.match(start) is not None


def read_document(start: bytes, stream: IO[bytes], file: str) -> tuple[bytes, list[Table]]:
    """Return a file's text and the tables in it; no tables if it isn't one object of rows.

    Raises:
        ShopBenchError: it is too large to be read as one object.
    """
    text = start + stream.read(_LARGEST)
    if len(text) >= _LARGEST:
        raise ShopBenchError(
            f"{file}: is one JSON object of more than {_LARGEST >> 20} MB; save it as JSON lines, in pandas with "
            "df.to_json(path, orient='records', lines=True)"
        )
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text, []
    return text, list(_split_object(content)) if isinstance(content, dict) else []


def _split_object(content: dict[str, Any]) -> Iterator[Table]:
    columns, data = content.get("columns"), content.get("data")
    values = list(content.values())
    if isinstance(columns, list) and isinstance(data, list):  # orient="split"
        yield Table([dict(zip(columns, row, strict=False)) for row in data if isinstance(row, list)])
    elif _is_list_of_objects(data):  # orient="table"
        yield Table(data or [])
    elif all(isinstance(value, dict) for value in values):
        is_by_row = all(key.isdigit() for key in content)
        yield Table(values if is_by_row else _turn(content, {place for value in values for place in value}))
    elif all(map(_is_list_of_objects, values)):
        splits = {} if is_dialogue(content) else content  # a dialogue's turns are one row
        for key, rows in splits.items():
            yield Table(rows, (("split", key),) if key in _SPLITS else ())
    elif all(isinstance(value, list) for value in values) and len(set(map(len, values))) == 1:  # a dict of columns
        yield Table([dict(zip(content, row, strict=True)) for row in zip(*values, strict=True)])


def _turn(columns: dict[str, dict[str, Any]], places: set[str]) -> list[dict[str, Any]]:
    """Return the rows of columns that map row numbers to values."""
    in_order = sorted(places, key=lambda place: (len(place), place))
    return [{name: column.get(place) for name, column in columns.items()} for place in in_order]


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)

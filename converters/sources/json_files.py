"""Files of rows, read in blocks so that files of any size fit in memory.

A file may also be one JSON object with all rows in it, as data frames and scripts write: `df.to_json(path)`.
"""

import json
import re
from collections.abc import Iterator
from io import SEEK_END, BufferedReader
from typing import IO, Any, NamedTuple

from converters.forms.sharegpt import is_dialogue
from converters.sources.blocks import BLOCK_BYTES, Block, Stretch, group_rows
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.formats.files import RowFile, read_table, split_json
from shopbench_plugin.storage.rows import read_start, unpack

_FIRST_VALUE = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*[\[{]')
_LARGEST = 64 << 20
_SPLITS = ("train", "val", "valid", "validation", "dev", "test")


class _Table(NamedTuple):
    """Rows, and the fields that their key in the object specifies."""

    rows: list[dict[str, Any]]
    defaults: tuple[tuple[str, str], ...] = ()


def read_file(file: RowFile, defaults: tuple[tuple[str, str], ...] = ()) -> Iterator[Block]:
    """Yield the rows of a table, of JSON lines, of a JSON array or of an object with all rows in it.

    Raises:
        ShopBenchError: the file can't be read or unpacked, is empty, or is in UTF-16.
    """
    with file.open() as packed, unpack(packed, file.place) as stream:
        if (table := read_table(file, stream)) is not None:
            yield from group_rows(table, file.place, defaults)
            return
        start = read_start(stream, file.place)
        tables: list[_Table] = []
        if _may_be_document(start):
            start, tables = _read_document(start, stream, file.place)
        if tables:
            for one in tables:
                yield from group_rows(one.rows, file.place, (*defaults, *one.defaults))
        elif isinstance(stream, BufferedReader) and stream.seekable() and not start.lstrip().startswith(b"["):
            yield from _find_lines(stream.tell() - len(start), stream, file.place, defaults)
        else:
            yield from group_rows(split_json(start, stream), file.place, defaults)


def _find_lines(
    offset: int, stream: BufferedReader, file: str, defaults: tuple[tuple[str, str], ...]
) -> Iterator[Block]:
    """Yield whole lines from `offset` on by their offsets only; the process that converts them reads them."""
    end = stream.seek(0, SEEK_END)
    while offset < end:
        stream.seek(offset + BLOCK_BYTES)
        while (piece := stream.readline(BLOCK_BYTES)) and not piece.endswith(b"\n"):
            pass  # a line of any length is skipped piece by piece
        size = min(stream.tell(), end) - offset
        yield Block(file, Stretch(offset, size), defaults, size)
        offset += size


def _may_be_document(start: bytes) -> bool:
    """Return whether a file that starts with these bytes may be one object: its first value is a list or an object."""
    first, _, rest = start.lstrip().partition(b"\n")
    is_line = first.rstrip().endswith(b"}") and rest.strip()
    return not is_line and _FIRST_VALUE.match(start) is not None


def _read_document(start: bytes, stream: IO[bytes], file: str) -> tuple[bytes, list[_Table]]:
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


def _split_object(content: dict[str, Any]) -> Iterator[_Table]:
    columns, data = content.get("columns"), content.get("data")
    values = list(content.values())
    if isinstance(columns, list) and isinstance(data, list):  # orient="split"
        yield _Table([dict(zip(columns, row, strict=False)) for row in data if isinstance(row, list)])
    elif _is_list_of_objects(data):  # orient="table"
        yield _Table(data or [])
    elif all(isinstance(value, dict) for value in values):
        is_by_row = all(key.isdigit() for key in content)
        yield _Table(values if is_by_row else _turn(content, {place for value in values for place in value}))
    elif all(map(_is_list_of_objects, values)):
        splits = {} if is_dialogue(content) else content  # a dialogue's turns are one row
        for key, rows in splits.items():
            yield _Table(rows, (("split", key),) if key in _SPLITS else ())
    elif all(isinstance(value, list) for value in values) and len(set(map(len, values))) == 1:  # a dict of columns
        yield _Table([dict(zip(content, row, strict=True)) for row in zip(*values, strict=True)])


def _turn(columns: dict[str, dict[str, Any]], places: set[str]) -> list[dict[str, Any]]:
    """Return the rows of columns that map row numbers to values."""
    in_order = sorted(places, key=lambda place: (len(place), place))
    return [{name: column.get(place) for name, column in columns.items()} for place in in_order]


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)

"""Blocks of raw rows, the unit in which a source is read and converted: large enough to be fast, small in memory."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.ecinstruct.rows import RowError
from shopbench_plugin.storage.rows import PIECE_BYTES, PIECE_ROWS, RawRow

BLOCK_BYTES = PIECE_BYTES
LONGEST_LINE = 64 << 20
TOO_LONG = b"\xff\xff"
"""Replaces a longer line; it isn't valid UTF-8, so no line can equal it."""
_BUFFERED_BYTES = 1 << 17


class Stretch(NamedTuple):
    """Whole lines of a plain file by their offset, so that the process that converts them reads them itself."""

    offset: int
    length: int

    def read(self, file: str) -> Iterator[bytes]:
        """Yield the lines one by one, which is faster than reading megabytes at once.

        Raises:
            ShopBenchError: they no longer exist.
        """
        left = self.length
        try:
            with Path(file).open("rb", buffering=_BUFFERED_BYTES) as stream:
                stream.seek(self.offset)
                for line in iter(partial(stream.readline, LONGEST_LINE), b""):
                    is_whole = len(line) < LONGEST_LINE or line.endswith(b"\n")
                    yield line if is_whole else TOO_LONG
                    left -= len(line)
                    while not is_whole and (rest := stream.readline(BLOCK_BYTES)):
                        is_whole = rest.endswith(b"\n")
                        left -= len(rest)
                    if left <= 0:
                        return
        except OSError as error:
            raise ShopBenchError(f"{file}: cannot be read ({error.strerror}); check the path") from error
        raise ShopBenchError(f"{file}: became shorter while it was read; run again when the file is complete")


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive rows of a file.

    Attributes:
        file: the file's path, for messages.
        content: rows, as JSON text or parsed, or the location of their lines in the file.
        defaults: fields from the path, used when a row lacks them: task, setting, split.
        size: bytes read from the source for this block, for the progress bar.
    """

    file: str
    content: Stretch | Sequence[RawRow]
    defaults: tuple[tuple[str, str], ...] = ()
    size: int = 0

    def rows(self) -> Iterable[RawRow]:
        """Return the raw rows, including blank lines, which count in line numbers.

        Raises:
            ShopBenchError: the file can no longer be read.
        """
        return self.content.read(self.file) if isinstance(self.content, Stretch) else self.content


class PlacedRow(NamedTuple):
    """A raw row, its place (file and number) for messages, and the fields that its path specifies."""

    place: str
    raw: RawRow
    defaults: tuple[tuple[str, str], ...]


def number_rows(blocks: Iterable[Block]) -> Iterator[PlacedRow]:
    """Yield the rows of a source with their numbers: lines of a JSONL file, positions from 1 in other files.

    Raises:
        ShopBenchError: the source can't be read.
    """
    for file, of_file in groupby(blocks, key=attrgetter("file")):
        rows = ((raw, block.defaults) for block in of_file for raw in block.rows())
        for number, (raw, defaults) in enumerate(rows, start=1):
            yield PlacedRow(f"{file}:{number}", raw, defaults)


def group_rows(rows: Iterable[RawRow], file: str, defaults: tuple[tuple[str, str], ...] = ()) -> Iterator[Block]:
    """Group rows into blocks."""
    group: list[RawRow] = []
    size = 0
    for row in rows:
        group.append(row)
        size += len(row) if isinstance(row, bytes) else 0
        if len(group) == PIECE_ROWS or size >= BLOCK_BYTES:
            yield Block(file, group, defaults, size)
            group, size = [], 0
    if group:
        yield Block(file, group, defaults, size)


def parse_record(raw: RawRow, defaults: tuple[tuple[str, str], ...] = ()) -> dict[str, Any] | None:
    """Return a raw row as a record, with `defaults` for the fields that it lacks; None for a blank line.

    Raises:
        RowError: it is not UTF-8, not JSON, or not an object.
    """
    record: Any = raw
    if isinstance(raw, bytes):
        try:
            record = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            if not raw.strip():
                return None
            if raw == TOO_LONG:
                raise RowError(f"is longer than {LONGEST_LINE >> 20} MB; write one row per line") from None
            record = _parse_leniently(raw, error)
        if not isinstance(record, dict):
            raise RowError(f"is not a JSON object: {shorten(raw[:100].decode(errors='replace').strip())}")
    fields: dict[str, Any] = record
    for name, value in defaults:
        if fields.get(name) is None:
            fields[name] = value
    return fields


def _parse_leniently(text: bytes, error: ValueError) -> object:
    """Parse NaN, which data frames write and orjson rejects."""
    try:
        return json.loads(text.decode())
    except UnicodeDecodeError as wrong:
        raise RowError(f"is not UTF-8 (byte {wrong.start + 1} of the row)") from None
    except (ValueError, RecursionError):
        raise RowError(f"is not valid JSON ({error})") from None

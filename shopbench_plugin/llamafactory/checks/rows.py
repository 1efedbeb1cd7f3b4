"""The first rows of a dataset file, read from its beginning as Hugging Face's `datasets` reads them."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError

Row = dict[str, Any]

SUFFIXES = (".arrow", ".csv", ".json", ".jsonl", ".parquet", ".txt")
"""File types that LlamaFactory loads (extras/constants.py, FILEEXT2TYPE)."""

_BEGINNING = 1_000_000  # characters: a few hundred rows, regardless of the file's size
_MOST_ROWS = 200


def read_first_rows(path: Path) -> list[Row]:
    """Return up to 200 rows; none for an Arrow file, which isn't read here.

    Raises:
        ShopBenchError: the file can't be read, or its content doesn't match its extension.
    """
    try:
        return list(islice(_read_rows(path), _MOST_ROWS))
    except OSError as error:
        raise ShopBenchError(f"{path}: cannot be read ({error.strerror}); check the file") from error
    except (ValueError, csv.Error) as error:
        raise ShopBenchError(
            f"{path}: is not valid {path.suffix[1:].upper()} ({error}); convert the file again"
        ) from error


def is_read_whole(path: Path, rows: Sequence[Row]) -> bool:
    """Return whether the first rows of a file are all that it has."""
    return len(rows) < _MOST_ROWS and path.stat().st_size <= _BEGINNING


def _read_rows(path: Path) -> Iterator[Row]:
    if path.suffix == ".parquet":
        from pyarrow.parquet import ParquetFile

        batches = ParquetFile(path).iter_batches(batch_size=_MOST_ROWS)
        yield from next(iter(batches)).to_pylist() if ParquetFile(path).metadata.num_rows else []
        return
    if path.suffix == ".arrow":
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        text = stream.read(_BEGINNING)
        is_whole = not stream.read(1)
    if path.suffix == ".csv":
        yield from csv.DictReader(io.StringIO(text))
    elif path.suffix == ".txt":
        yield from ({"text": line} for line in text.splitlines())
    else:
        yield from _read_json(text, is_whole=is_whole)


def _read_json(text: str, *, is_whole: bool) -> Iterator[Row]:
    """Yield the objects of a JSON array or of JSON lines; the last may be cut off if the text isn't the whole file."""
    decoder = json.JSONDecoder()
    position = _skip(text, 0, " \t\r\n[")
    while position < len(text) and text[position] != "]":
        try:
            row, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError:
            if is_whole:
                raise
            return
        if not isinstance(row, dict):
            raise ValueError("a row is not a JSON object")  # noqa: TRY004  reported like other malformed rows
        yield row
        position = _skip(text, position, " \t\r\n,")


def _skip(text: str, position: int, characters: str) -> int:
    while position < len(text) and text[position] in characters:
        position += 1
    return position

"""Files of known rows: whichever form they are written in, a source reads the same rows from them again."""

import csv
import gzip
import json
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc, parquet

from converters.sources.blocks import parse_record
from converters.sources.opening import read_source
from fuzz.rules import expect, read_content

Rows = list[dict[str, Any]]
_COLUMNS = ("instruction", "input", "output", "task", "setting", "split")
_SPLITS = ("train", "val", "test")
_LONGEST = 12  # rows


def check_known_source(content: bytes) -> None:
    """Rows made of texts, written in a form, come back in their order with every character.

    The first byte chooses the form, the second its spelling (escapes, line ends, byte order mark, gzip); zero bytes
    part the texts.
    """
    kind, spelling, *_ = [*content[:2], 0, 0]
    name, write = _FORMS[kind % len(_FORMS)]
    rows = _make_rows(content[2:].decode("utf-8", "replace").split("\0"), is_dialogue=bool(spelling & 16))
    if not rows or (name == "rows.csv" and "conversations" in rows[0]):
        return
    text = write(rows, spelling)
    if name == "rows.json" and spelling & 8:
        text = gzip.compress(text, 1)
    elif name != "rows.parquet" and not name.endswith(".arrow") and spelling & 4:
        text = b"\xef\xbb\xbf" + text
    read = read_content(_read, text, name)
    expect(read is not None, "a file of known rows is refused", name, text[:200])
    expected = rows if write is not _write_splits else _sort_by_split(rows)
    expect(read == expected, "other rows are read than were written", name, text[:200], (read or [])[:3])


def _make_rows(texts: list[str], *, is_dialogue: bool) -> Rows:
    if is_dialogue:
        pairs = zip(texts[::2], texts[1::2], strict=False)
        rows: Rows = [{"conversations": _make_turns(asked, answered)} for asked, answered in pairs]
        return rows[:_LONGEST]
    starts = range(0, len(texts), len(_COLUMNS) - 1)
    parts = (texts[start : start + len(_COLUMNS) - 1] for start in starts)
    rows = [dict(zip(_COLUMNS, (*part, _SPLITS[len(part[0]) % 3]), strict=True)) for part in parts if len(part) == 5]  # noqa: PLR2004  a text for each column but the split
    return rows[:_LONGEST]


def _make_turns(asked: str, answered: str) -> list[dict[str, str]]:
    return [{"from": "human", "value": asked}, {"from": "gpt", "value": answered}]


def _read(path: Path) -> list[dict[str, Any] | None]:
    raws = ((raw, block.defaults) for block in read_source(str(path)) for raw in block.rows())
    return [record for raw, defaults in raws if (record := parse_record(raw, defaults)) is not None]


def _sort_by_split(rows: Rows) -> Rows:
    return [row | {"split": split} for split in _SPLITS for row in rows if row.get("split", "train") == split]


def _dump(value: object, spelling: int) -> bytes:
    return json.dumps(value, ensure_ascii=bool(spelling & 1), indent=2 if spelling & 2 else None).encode()


def _write_lines(rows: Rows, spelling: int) -> bytes:
    end = b"\r\n" if spelling & 2 else b"\n"
    return end.join(_dump(row, spelling & 1) for row in rows) + (b"" if spelling & 32 else end)


def _write_array(rows: Rows, spelling: int) -> bytes:
    return _dump(rows, spelling)


def _write_columns(rows: Rows, spelling: int) -> bytes:
    places = {name: {str(place): row[name] for place, row in enumerate(rows)} for name in rows[0]}
    return _dump(places, spelling)


def _write_index(rows: Rows, spelling: int) -> bytes:
    return _dump({str(place): row for place, row in enumerate(rows)}, spelling)


def _write_split(rows: Rows, spelling: int) -> bytes:
    names, places = list(rows[0]), list(range(len(rows)))
    return _dump({"columns": names, "index": places, "data": [[*row.values()] for row in rows]}, spelling)


def _write_table(rows: Rows, spelling: int) -> bytes:
    schema = {"fields": [{"name": name, "type": "string"} for name in rows[0]], "pandas_version": "1.4.0"}
    return _dump({"schema": schema, "data": rows}, spelling)


def _write_lists(rows: Rows, spelling: int) -> bytes:
    return _dump({name: [row[name] for row in rows] for name in rows[0]}, spelling)


def _write_splits(rows: Rows, spelling: int) -> bytes:
    return _dump({split: [row for row in rows if row.get("split", "train") == split] for split in _SPLITS}, spelling)


def _write_csv(rows: Rows, spelling: int) -> bytes:
    text = StringIO(newline="")
    # Python's writer leaves a lone \r unquoted where lines end in \n; no reader can tell it from the end of a row.
    is_quoted = spelling & 1 or any("\r" in text for row in rows for text in row.values())
    quoting = csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(text, list(rows[0]), quoting=quoting, lineterminator="\r\n" if spelling & 2 else "\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _write_parquet(rows: Rows, _: int) -> bytes:
    stream = BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), stream)
    return stream.getvalue()


def _write_arrow(rows: Rows, _: int) -> bytes:
    stream = BytesIO()
    table = pa.Table.from_pylist(rows)
    with ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


_FORMS: tuple[tuple[str, Callable[[Rows, int], bytes]], ...] = (
    ("rows.json", _write_lines),
    ("rows.jsonl", _write_lines),
    ("rows.json", _write_array),
    ("rows.json", _write_columns),
    ("rows.json", _write_index),
    ("rows.json", _write_split),
    ("rows.json", _write_table),
    ("rows.json", _write_lists),
    ("rows.json", _write_splits),
    ("rows.csv", _write_csv),
    ("rows.parquet", _write_parquet),
    ("rows.arrow", _write_arrow),
)
FORMS = len(_FORMS)
"""How many forms the first byte chooses from."""

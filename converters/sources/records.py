"""Parses a raw row from JSON, Parquet or CSV into a record."""

import json
from typing import Any

import orjson

from converters.sources.blocks import LONGEST_LINE, TOO_LONG
from shopbench_plugin.core.errors import shorten
from shopbench_plugin.ecinstruct.rows import RowError
from shopbench_plugin.storage.rows import RawRow


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

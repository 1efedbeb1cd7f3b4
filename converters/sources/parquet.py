"""Parquet files, as the hub stores data sets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from converters.sources.blocks import BLOCK_ROWS, Block, RawRow, group_rows
from shopbench_plugin.core.errors import ShopBenchError

_NOT_UTF_8 = b"\xff"


def read_parquet(path: Path, defaults: tuple[tuple[str, str], ...] = ()) -> Iterator[Block]:
    """Yield the rows of a Parquet file, some thousand at a time.

    Raises:
        ShopBenchError: it is no Parquet file, or can't be read.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            rows = (row for batch in file.iter_batches(batch_size=BLOCK_ROWS) for row in _list_rows(batch))
            yield from group_rows(rows, str(path), defaults)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # the latter two of dates beyond Python's
        raise ShopBenchError(
            f"{path}: not readable as Parquet ({' '.join(str(error).split())}); fetch it again"
        ) from error


def _list_rows(batch: Any) -> Iterator[RawRow]:
    """Yield the rows of a batch; one with text that isn't UTF-8 as bytes that aren't either, and so are rejected."""
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for place in range(len(batch)):
            try:
                row = batch.slice(place, 1).to_pylist()[0]
            except UnicodeDecodeError:
                row = _NOT_UTF_8
            yield row

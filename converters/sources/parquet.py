"""Parquet files, as the hub stores data sets."""

from collections.abc import Iterator
from pathlib import Path

from converters.sources.blocks import Block, group_rows
from shopbench_plugin.storage import rows


def read_parquet(path: Path, defaults: tuple[tuple[str, str], ...] = ()) -> Iterator[Block]:
    """Yield the rows of a Parquet file, some thousand at a time.

    Raises:
        ShopBenchError: it isn't Parquet, or can't be read.
    """
    yield from group_rows(rows.read_parquet(path, str(path)), str(path), defaults)

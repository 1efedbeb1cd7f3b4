"""Parquet files, as the hub stores data sets."""

from collections.abc import Iterator
from pathlib import Path

from converters.sources.blocks import BLOCK_ROWS, Block, group_rows
from shopbench_plugin.errors import ShopBenchError


def read_parquet(path: Path, defaults: tuple[tuple[str, str], ...] = ()) -> Iterator[Block]:
    """Yield the rows of a Parquet file, some thousand at a time.

    Raises:
        ShopBenchError: it is no Parquet file, or can't be read.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            rows = (row for batch in file.iter_batches(batch_size=BLOCK_ROWS) for row in batch.to_pylist())
            yield from group_rows(rows, str(path), defaults)
    except (pa.ArrowException, OSError) as error:
        raise ShopBenchError(
            f"{path}: not readable as Parquet ({' '.join(str(error).split())}); fetch it again"
        ) from error

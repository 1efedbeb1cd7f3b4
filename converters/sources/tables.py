"""Tables: Parquet as the hub stores datasets, Arrow as `datasets` saves them to disk, and CSV."""

from collections.abc import Iterator
from pathlib import Path

from converters.sources.blocks import Block, group_rows
from shopbench_plugin.storage import rows
from shopbench_plugin.storage.files import open_to_read

ENDINGS = (".parquet", ".arrow", ".csv")

Defaults = tuple[tuple[str, str], ...]


def read_table(path: Path, ending: str, defaults: Defaults = ()) -> Iterator[Block]:
    """Yield the rows of a file with one of the ENDINGS, a few thousand at a time.

    Raises:
        ShopBenchError: it isn't of the format that its ending says, or can't be read.
    """
    file = str(path)
    if ending == ".parquet":
        yield from group_rows(rows.read_parquet(path, file), file, defaults)
        return
    with open_to_read(path) as stream:
        found = rows.read_arrow(stream, file) if ending == ".arrow" else rows.read_csv(stream, file)
        yield from group_rows(found, file, defaults)

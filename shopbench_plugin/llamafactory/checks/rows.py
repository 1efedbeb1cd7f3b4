"""The first rows of a dataset file."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.formats.files import Row, name_file, read_rows
from shopbench_plugin.storage.files import open_to_read

SUFFIXES = (".arrow", ".csv", ".json", ".jsonl", ".parquet", ".txt")
"""File types that LlamaFactory loads (extras/constants.py, FILEEXT2TYPE)."""

MOST_ROWS = 200


def read_first_rows(path: Path) -> tuple[Row, ...]:
    """Return up to `MOST_ROWS` rows; none for an Arrow file, which isn't read here.

    Raises:
        ShopBenchError: the file or one of these rows can't be read.
    """
    return () if path.suffix == ".arrow" else tuple(islice(_read_rows(path), MOST_ROWS))


def _read_rows(path: Path) -> Iterator[Row]:
    if path.suffix == ".txt":
        with open_to_read(path) as lines:
            yield from ({"text": line.decode(errors="replace")} for line in lines)
        return
    for _, row in read_rows(name_file(path)):
        if isinstance(row, ShopBenchError):
            raise row
        yield row

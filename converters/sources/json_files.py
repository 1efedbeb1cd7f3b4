"""JSONL files and JSON arrays, plain or gzipped, read in blocks so that files of any size fit in memory."""

from collections.abc import Iterator
from io import SEEK_END, BufferedReader
from pathlib import Path
from typing import IO

from converters.sources.blocks import BLOCK_BYTES, Block, Stretch, group_rows
from converters.sources.documents import Table, may_be_document, read_document
from shopbench_plugin.storage.files import open_to_read
from shopbench_plugin.storage.rows import read_start, split_array, unpack


def read_json_file(path: Path, defaults: tuple[tuple[str, str], ...] = ()) -> Iterator[Block]:
    """Yield the rows of a JSONL file, a JSON array or an object with all rows in it, recognized by its first bytes.

    Raises:
        ShopBenchError: the file can't be read or unpacked, is empty, or is in UTF-16.
    """
    with open_to_read(path) as packed, unpack(packed, str(path)) as stream:
        start = read_start(stream, str(path))
        tables: list[Table] = []
        if may_be_document(start):
            start, tables = read_document(start, stream, str(path))
        if start.lstrip().startswith(b"["):
            elements = split_array(start, stream)
            yield from group_rows(elements, str(path), defaults)
        elif tables:
            for table in tables:
                yield from group_rows(table.rows, str(path), (*defaults, *table.defaults))
        elif isinstance(stream, BufferedReader) and stream.seekable():
            yield from _find_lines(stream.tell() - len(start), stream, str(path), defaults)
        else:
            yield from _split_lines(start, stream, str(path), defaults)


def _split_lines(start: bytes, stream: IO[bytes], file: str, defaults: tuple[tuple[str, str], ...]) -> Iterator[Block]:
    """Yield whole lines as they are read."""
    lines = start + stream.readline()
    while lines:
        yield Block(file, lines, defaults, len(lines))
        lines = stream.read(BLOCK_BYTES)
        lines += stream.readline()


def _find_lines(offset: int, stream: IO[bytes], file: str, defaults: tuple[tuple[str, str], ...]) -> Iterator[Block]:
    """Yield whole lines from `offset` on by their offsets only; the process that converts them reads them."""
    end = stream.seek(0, SEEK_END)
    while offset < end:
        stream.seek(offset + BLOCK_BYTES)
        while (piece := stream.readline(BLOCK_BYTES)) and not piece.endswith(b"\n"):
            pass  # a line of any length is skipped piece by piece
        size = min(stream.tell(), end) - offset
        yield Block(file, Stretch(offset, size), defaults, size)
        offset += size

"""Files of rows, read in blocks so that files of any size fit in memory."""

from collections.abc import Iterator
from io import SEEK_END, BufferedReader

from converters.sources.blocks import BLOCK_BYTES, Block, Stretch, group_rows
from converters.sources.documents import Table, may_be_document, read_document
from shopbench_plugin.formats.files import RowFile, read_table, split_json
from shopbench_plugin.storage.rows import read_start, unpack


def read_file(file: RowFile, defaults: tuple[tuple[str, str], ...] = ()) -> Iterator[Block]:
    """Yield the rows of a table, of JSON lines, of a JSON array or of an object with all rows in it.

    Raises:
        ShopBenchError: the file can't be read or unpacked, is empty, or is in UTF-16.
    """
    with file.open() as packed, unpack(packed, file.place) as stream:
        if (table := read_table(file, stream)) is not None:
            yield from group_rows(table, file.place, defaults)
            return
        start = read_start(stream, file.place)
        tables: list[Table] = []
        if may_be_document(start):
            start, tables = read_document(start, stream, file.place)
        if tables:
            for one in tables:
                yield from group_rows(one.rows, file.place, (*defaults, *one.defaults))
        elif isinstance(stream, BufferedReader) and stream.seekable() and not start.lstrip().startswith(b"["):
            yield from _find_lines(stream.tell() - len(start), stream, file.place, defaults)
        else:
            yield from group_rows(split_json(start, stream), file.place, defaults)


def _find_lines(
    offset: int, stream: BufferedReader, file: str, defaults: tuple[tuple[str, str], ...]
) -> Iterator[Block]:
    """Yield whole lines from `offset` on by their offsets only; the process that converts them reads them."""
    end = stream.seek(0, SEEK_END)
    while offset < end:
        stream.seek(offset + BLOCK_BYTES)
        while (piece := stream.readline(BLOCK_BYTES)) and not piece.endswith(b"\n"):
            pass  # a line of any length is skipped piece by piece
        size = min(stream.tell(), end) - offset
        yield Block(file, Stretch(offset, size), defaults, size)
        offset += size

"""The rows of JSON lines, JSON arrays (both also gzipped), CSV, Parquet and Arrow files, read in chunks."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from shopbench_plugin.core.errors import ShopBenchError

PIECE_BYTES = 2 << 20
PIECE_ROWS = 2_000
NOT_UTF_8 = b"\xff"
"""Replaces a row whose text isn't UTF-8: these bytes aren't either, and so the row is rejected."""

PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Tokens that determine where an element of an array ends: whole strings, and brackets outside them.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]|"', re.DOTALL)
_OPENING, _CLOSING = (b"{", b"["), (b"}", b"]")
_BETWEEN = b", \t\r\n"
_LONGEST_ELEMENT = 64 << 20
_LONGEST_CELL = 1 << 24

RawRow = bytes | dict[str, Any]
"""A row as JSON text, or parsed if its file isn't JSON."""


@contextmanager
def unpack(stream: IO[bytes], file: str) -> Iterator[IO[bytes]]:
    """Yield `stream`, decompressed if it is gzipped; errors name `file`.

    Raises:
        ShopBenchError: it can't be read or unpacked.
    """
    try:
        start = cast("io.BufferedReader", stream).peek(len(_GZIP_MAGIC))
        if start.startswith(_GZIP_MAGIC):
            with gzip.open(stream, "rb") as unpacked:
                yield cast("IO[bytes]", unpacked)
        else:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ShopBenchError(f"{file}: not a complete gzip file ({error}); download it again") from error
    except OSError as error:
        raise ShopBenchError(f"{file}: cannot be read ({error.strerror or error}); check the path") from error


def read_start(stream: IO[bytes], file: str) -> bytes:
    """Return the first chunk of a text file without its byte order mark, long enough to contain more than whitespace.

    Raises:
        ShopBenchError: the file is empty, or is in UTF-16.
    """
    start = stream.read(PIECE_BYTES)
    if start.startswith(_UTF_16_MARKS):
        raise ShopBenchError(f"{file}: is encoded in UTF-16; save it as UTF-8")
    start = start.removeprefix(_BYTE_ORDER_MARK)
    while not start.strip():
        more = stream.read(PIECE_BYTES)
        if not more:
            raise ShopBenchError(f"{file}: contains no rows; write one JSON object per line, a JSON array, or CSV")
        start += more
    return start


def split_array(start: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the elements of an array as JSON text; text outside the elements is yielded too, and so rejected."""
    text = start[start.index(b"[") + 1 :]
    depth = begin = scanned = 0
    while True:
        for found in _TOKEN.finditer(text, scanned):
            token = found[0]
            if token == b'"':  # a string that continues in the next chunk
                break
            scanned = found.end()
            if token in _OPENING:
                depth += 1
            elif token in _CLOSING:
                depth -= 1
                if depth == 0:
                    yield text[begin:scanned].lstrip(_BETWEEN)
                    begin = scanned
                elif depth < 0:
                    yield from _leftover(text[begin : found.start()], text[scanned:] + stream.read(PIECE_BYTES))
                    return
        more = stream.read(PIECE_BYTES)
        if not more or len(text) - begin > _LONGEST_ELEMENT:
            yield text[begin:].lstrip(_BETWEEN) or b"[ without its closing bracket"
            return
        text, scanned, begin = text[begin:] + more, scanned - begin, 0


def _leftover(*texts: bytes) -> Iterator[bytes]:
    yield from (left for text in texts if (left := text.strip(_BETWEEN)))


def read_csv(stream: IO[bytes], file: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a CSV file by the names in its first line; all values are strings.

    Raises:
        ShopBenchError: it isn't UTF-8, or a row has more cells than there are names, or fewer.
    """
    csv.field_size_limit(_LONGEST_CELL)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        for number, row in enumerate(csv.DictReader(text, strict=True), start=1):
            if None in row or None in row.values():
                how_many = "more" if None in row else "fewer"
                raise ShopBenchError(
                    f"{file}:{number}: has {how_many} cells than the first line has names; fix or quote the row"
                )
            yield row
    except (UnicodeDecodeError, csv.Error) as error:
        raise ShopBenchError(f"{file}: not readable as CSV ({error}); save it as UTF-8 with a line of names") from error
    finally:
        if not stream.closed:
            text.detach()


def read_parquet(source: Any, file: str) -> Iterator[RawRow]:
    """Yield the rows of a Parquet file, a path or a seekable stream, a few thousand at a time.

    Raises:
        ShopBenchError: it isn't Parquet, or can't be read.
    """
    from pyarrow.parquet import ParquetFile

    with _readable_as("Parquet", file), ParquetFile(source) as parquet:
        for batch in parquet.iter_batches(batch_size=PIECE_ROWS):
            yield from _list_rows(batch)


def read_arrow(source: Any, file: str) -> Iterator[RawRow]:
    """Yield the rows of an Arrow stream, as `datasets` saves them to disk.

    Raises:
        ShopBenchError: it isn't Arrow, or can't be read.
    """
    from pyarrow import ipc

    with _readable_as("Arrow", file), ipc.open_stream(source) as reader:
        for batch in reader:
            yield from _list_rows(batch)


@contextmanager
def _readable_as(form: str, file: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # the latter two for dates beyond Python's
        raise ShopBenchError(
            f"{file}: not readable as {form} ({' '.join(str(error).split())}); download it again"
        ) from error


def _list_rows(batch: Any) -> Iterator[RawRow]:
    """Yield the rows of a batch, `NOT_UTF_8` instead of each with other text."""
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for place in range(len(batch)):
            try:
                row = batch.slice(place, 1).to_pylist()[0]
            except UnicodeDecodeError:
                row = NOT_UTF_8
            yield row

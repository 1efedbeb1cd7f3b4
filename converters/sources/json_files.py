"""JSONL files and JSON arrays, plain or gzipped, read in blocks so that their size does not matter."""

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END, BufferedReader
from pathlib import Path
from typing import IO, cast

from converters.sources.blocks import BLOCK_BYTES, Block, Stretch, group_rows
from shopbench_plugin.core.errors import ShopBenchError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_GZIP_MAGIC = b"\x1f\x8b"
# What decides where an element of an array ends: strings as a whole, and brackets outside them.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]|"', re.DOTALL)
_OPENING, _CLOSING = (b"{", b"["), (b"}", b"]")
_BETWEEN = b", \t\r\n"
_LONGEST_ELEMENT = 64 << 20


def read_json_file(path: Path, defaults: tuple[tuple[str, str], ...] = ()) -> Iterator[Block]:
    """Yield the rows of a JSONL file or of a JSON array; which of the two it is, its first character tells.

    Raises:
        ShopBenchError: the file can't be read or unpacked, holds nothing, or is in UTF-16.
    """
    with _open(path) as stream:
        start = _read_start(stream, path)
        if start.lstrip().startswith(b"["):
            elements = _split_array(start, stream)
            yield from group_rows(elements, str(path), defaults)
        elif isinstance(stream, BufferedReader) and stream.seekable():
            yield from _find_lines(stream.tell() - len(start), stream, str(path), defaults)
        else:
            yield from _split_lines(start, stream, str(path), defaults)


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as stream:
            if stream.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC):
                with gzip.open(stream, "rb") as unpacked:
                    yield cast("IO[bytes]", unpacked)
            else:
                yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ShopBenchError(f"{path}: not a whole gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise ShopBenchError(f"{path}: cannot be read ({error.strerror or error}); check the path") from error


def _read_start(stream: IO[bytes], path: Path) -> bytes:
    start = stream.read(BLOCK_BYTES)
    if start.startswith(_UTF_16_MARKS):
        raise ShopBenchError(f"{path}: is encoded in UTF-16; save it as UTF-8")
    start = start.removeprefix(_BYTE_ORDER_MARK)
    while not start.strip():
        more = stream.read(BLOCK_BYTES)
        if not more:
            raise ShopBenchError(f"{path}: holds no row; an ECInstruct file has one JSON object a line, or an array")
        start += more
    return start


def _split_lines(start: bytes, stream: IO[bytes], file: str, defaults: tuple[tuple[str, str], ...]) -> Iterator[Block]:
    """Yield whole lines as they are read."""
    lines = start + stream.readline()
    while lines:
        yield Block(file, lines, defaults, len(lines))
        lines = stream.read(BLOCK_BYTES)
        lines += stream.readline()


def _find_lines(offset: int, stream: IO[bytes], file: str, defaults: tuple[tuple[str, str], ...]) -> Iterator[Block]:
    """Yield whole lines from `offset` on by their place alone, where the process that converts them finds them."""
    end = stream.seek(0, SEEK_END)
    while offset < end:
        stream.seek(offset + BLOCK_BYTES)
        stream.readline()
        size = min(stream.tell(), end) - offset
        yield Block(file, Stretch(offset, size), defaults, size)
        offset += size


def _split_array(start: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the elements of an array as JSON text; what does not belong to one is yielded too, and so rejected."""
    text = start[start.index(b"[") + 1 :]
    depth = begin = scanned = 0
    while True:
        for found in _TOKEN.finditer(text, scanned):
            token = found[0]
            if token == b'"':  # a string that goes on in what isn't read yet
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
                    yield from _leftover(text[begin : found.start()], text[scanned:] + stream.read(BLOCK_BYTES))
                    return
        more = stream.read(BLOCK_BYTES)
        if not more or len(text) - begin > _LONGEST_ELEMENT:
            yield text[begin:].lstrip(_BETWEEN) or b"[ without its closing bracket"
            return
        text, scanned, begin = text[begin:] + more, scanned - begin, 0


def _leftover(*texts: bytes) -> Iterator[bytes]:
    yield from (left for text in texts if (left := text.strip(_BETWEEN)))

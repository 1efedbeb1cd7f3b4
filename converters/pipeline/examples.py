"""The converted lines on their way to the data set: spooled by the place each draws, then written in that order.

A bucket's file is a row of frames, one a block: how long its entries and its lines are, an entry for each line, then
the lines themselves.
"""

from collections.abc import Iterator
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, BinaryIO

from converters.pipeline.spool import BucketFiles, clear, find_bucket, read_bucket, view_written

if TYPE_CHECKING:
    from converters.pipeline.selection import Kept

EXAMPLES = "examples"
EXAMPLE_BITS = 6
BUCKETS = 1 << EXAMPLE_BITS

_FRAME = Struct("<QQ")
# Of each line: its place, the number of its row (see `number_row`), its length.
_ENTRY = Struct("<QQI")
_LARGEST_BUCKET = 8 << 20
_PART_BITS = 6
_OFFSET_BITS = 32
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1


class ExampleSpool:
    """Takes lines by the place they draw, and appends them to this process's file of their bucket."""

    def __init__(self, folder: Path, name: str = EXAMPLES, bits: int = EXAMPLE_BITS, skipped_bits: int = 0) -> None:
        """Keep 2 to the power of `bits` buckets in `folder`, by the bits of a place that follow the skipped ones."""
        self._files = BucketFiles(folder, name)
        self._shift = 64 - skipped_bits - bits
        self._mask = (1 << bits) - 1
        self._entries = [BytesIO() for _ in range(1 << bits)]
        self._lines = [BytesIO() for _ in range(1 << bits)]

    def add(self, place: int, row: int, line: bytes) -> None:
        """Take the line of a row for its `place`, a random number of 64 bits."""
        bucket = place >> self._shift & self._mask
        self._entries[bucket].write(_ENTRY.pack(place, row, len(line)))
        self._lines[bucket].write(line)

    def flush(self) -> None:
        """Write out what was taken since the last call.

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        for number, buffers in enumerate(zip(self._entries, self._lines, strict=True)):
            if buffers[0].tell():
                sizes = _FRAME.pack(*(buffer.tell() for buffer in buffers))
                self._files.append(number, [sizes, *map(view_written, buffers)])
                for buffer in buffers:
                    clear(buffer)

    def close(self) -> None:
        """Close the files; what was not flushed is lost."""
        self._files.close()


def number_row(block: int, offset: int) -> int:
    """Return the number of the row at `offset` of a block, as `Kept` finds it."""
    return block << _OFFSET_BITS | offset


def measure_bucket(folder: Path, number: int, kept: "Kept | None") -> int:
    """Return how many bytes of a bucket's lines stay."""
    total = 0
    for path in find_bucket(folder, EXAMPLES, number):
        with path.open("rb") as stream:
            for entries, size in _read_frames(stream):
                stream.seek(size, 1)
                total += size if kept is None else sum(length for _, row, length in entries if _is_kept(row, kept))
    return total


def write_bucket(folder: Path, number: int, kept: "Kept | None", output: BinaryIO) -> None:
    """Write the lines of a bucket that stay, in their order; the bucket is deleted."""
    paths = find_bucket(folder, EXAMPLES, number)
    if sum(path.stat().st_size for path in paths) <= _LARGEST_BUCKET:
        _write_sorted(read_bucket(folder, EXAMPLES, number), kept, output)
    else:
        name = f"part{number:03}"
        _split(folder, paths, name)
        for part in range(1 << _PART_BITS):
            _write_sorted(read_bucket(folder, name, part), kept, output)
            for path in find_bucket(folder, name, part):
                path.unlink()
    for path in paths:
        path.unlink()


def _write_sorted(bucket: memoryview, kept: "Kept | None", output: BinaryIO) -> None:
    places: list[int] = []
    rows: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    while start < len(bucket):
        size, _ = _FRAME.unpack_from(bucket, start)
        start += _FRAME.size
        frame_places, frame_rows, lengths = zip(*_ENTRY.iter_unpack(bucket[start : start + size]), strict=True)
        edges = [*accumulate(lengths, initial=start + size)]
        places += frame_places
        rows += frame_rows
        starts += edges[:-1]
        ends += edges[1:]
        start = edges[-1]
    staying = range(len(rows)) if kept is None else [line for line, row in enumerate(rows) if _is_kept(row, kept)]
    # Only exact repeats draw one place, so the order in which processes wrote first does not matter.
    output.writelines([bucket[starts[line] : ends[line]] for line in sorted(staying, key=places.__getitem__)])


def _split(folder: Path, paths: list[Path], name: str) -> None:
    """Split a bucket that is too large to be sorted in memory once more by its places."""
    spool = ExampleSpool(folder, name, _PART_BITS, EXAMPLE_BITS)
    for path in paths:
        with path.open("rb") as stream:
            for entries, _ in _read_frames(stream):
                for place, row, length in entries:
                    spool.add(place, row, stream.read(length))
                spool.flush()
    spool.close()


def _read_frames(stream: BinaryIO) -> Iterator[tuple[Iterator[tuple[int, int, int]], int]]:
    """Yield each frame's entries and the bytes of its lines, which the caller takes from the stream or passes over."""
    while header := stream.read(_FRAME.size):
        entries, lines = _FRAME.unpack(header)
        yield _ENTRY.iter_unpack(stream.read(entries)), lines


def _is_kept(row: int, kept: "Kept") -> bool:
    return kept.flags[kept.starts[row >> _OFFSET_BITS] + (row & _OFFSET_MASK)] == 1

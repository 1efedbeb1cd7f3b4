"""Data kept on disk in buckets, so that a set larger than memory can be sorted and compared bucket by bucket.

Keys are random 64-bit numbers, so the buckets of a spool are about equal, and equal keys share one. Every process
appends to files of its own.
"""

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

_KEPT_BYTES = 1 << 20


class Spool:
    """Takes bytes by bucket and appends them to this process's file of that bucket."""

    def __init__(self, folder: Path, name: str, bits: int) -> None:
        """Keep 2 to the power of `bits` buckets in `folder`, which exists, under `name`."""
        self._files = BucketFiles(folder, name)
        self._shift = 64 - bits
        self._buckets = [BytesIO() for _ in range(1 << bits)]

    def add(self, key: int, data: bytes) -> None:
        """Take `data` for the bucket that the 64-bit `key` falls into."""
        self._buckets[key >> self._shift].write(data)

    def flush(self) -> None:
        """Write out what was taken since the last call.

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        for number, bucket in enumerate(self._buckets):
            if bucket.tell():
                self._files.append(number, [view_written(bucket)])
                clear(bucket)

    def close(self) -> None:
        """Close the files; what was not flushed is lost."""
        self._files.close()


class BucketFiles:
    """This process's files of a spool, one a bucket, each made with the first data that comes for it."""

    def __init__(self, folder: Path, name: str) -> None:
        """Make them in `folder`, which exists."""
        self._path = f"{folder / name}.%03d.{os.getpid()}"
        self._handles: dict[int, int] = {}

    def append(self, number: int, pieces: Sequence[bytes | memoryview]) -> None:
        """Append `pieces` to a bucket, without a buffer of its own for each of some hundred files.

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        if number not in self._handles:
            self._handles[number] = os.open(self._path % number, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        written = os.writev(self._handles[number], pieces)
        rest = memoryview(b"".join(pieces))[written:] if written < sum(map(len, pieces)) else memoryview(b"")
        while rest:
            rest = rest[os.write(self._handles[number], rest) :]

    def close(self) -> None:
        """Close them."""
        for handle in self._handles.values():
            os.close(handle)
        self._handles.clear()


def view_written(buffer: BytesIO) -> memoryview:
    """Return what was written to `buffer` since it was cleared; it takes no more while somebody holds the view."""
    return buffer.getbuffer()[: buffer.tell()]


def clear(buffer: BytesIO) -> None:
    """Begin again at the start of `buffer`; its memory is kept for what comes next, but for much."""
    length = buffer.tell()
    buffer.seek(0)
    if length > _KEPT_BYTES:  # a row of megabytes, after which every bucket would be as large
        buffer.truncate()


def find_bucket(folder: Path, name: str, number: int) -> list[Path]:
    """Return the files that all processes wrote of one bucket of the spool `name`; buckets count up with their keys."""
    return sorted(folder.glob(f"{name}.{number:03}.*"))


def read_bucket(folder: Path, name: str, number: int) -> memoryview:
    """Return what all processes wrote to one bucket of the spool `name`."""
    paths = find_bucket(folder, name, number)
    bucket = memoryview(bytearray(sum(path.stat().st_size for path in paths)))
    start = 0
    for path in paths:
        with path.open("rb", buffering=0) as stream:
            while read := stream.readinto(bucket[start:]):
                start += read
    return bucket

"""Data kept on disk in buckets, so that a set larger than memory can be sorted and compared bucket by bucket.

Keys are random 64-bit numbers, so the buckets of a spool are about equal, and equal keys share one. Every process
appends to files of its own.
"""

import os
from pathlib import Path
from typing import BinaryIO


class Spool:
    """Takes bytes by bucket and appends them to this process's file of that bucket."""

    def __init__(self, folder: Path, name: str, bits: int) -> None:
        """Keep 2 to the power of `bits` buckets in `folder`, which exists, under `name`."""
        self._path = f"{folder / name}.%03d.{os.getpid()}"
        self._shift = 64 - bits
        self._buckets: list[list[bytes]] = [[] for _ in range(1 << bits)]
        self._files: dict[int, BinaryIO] = {}

    def add(self, key: int, data: bytes) -> None:
        """Take `data` for the bucket that the 64-bit `key` falls into."""
        self._buckets[key >> self._shift].append(data)

    def flush(self) -> None:
        """Write out what was taken since the last call.

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        for number, pieces in enumerate(self._buckets):
            if pieces:
                if number not in self._files:
                    self._files[number] = Path(self._path % number).open("wb", buffering=0)  # noqa: SIM115
                _write_all(self._files[number], b"".join(pieces))
                pieces.clear()

    def close(self) -> None:
        """Close the files; what was not flushed is lost."""
        for stream in self._files.values():
            stream.close()


def _write_all(stream: BinaryIO, data: bytes) -> None:
    """Write `data` without a buffer of its own for each of some hundred files."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]


def find_bucket(folder: Path, name: str, number: int) -> list[Path]:
    """Return the files that all processes wrote of one bucket of the spool `name`; buckets count up with their keys."""
    return sorted(folder.glob(f"{name}.{number:03}.*"))


def read_bucket(folder: Path, name: str, number: int) -> bytes:
    """Return what all processes wrote to one bucket of the spool `name`."""
    return b"".join([path.read_bytes() for path in find_bucket(folder, name, number)])

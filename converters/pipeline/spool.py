"""Data kept on disk in buckets, so that a set larger than memory can be sorted and compared bucket by bucket.

Keys are random 64-bit numbers, so the buckets of a spool are about equal, and equal keys share one. Every process
appends to files of its own.
"""

import os
from collections.abc import Iterator
from pathlib import Path


class Spool:
    """Takes bytes by bucket and appends them to this process's file of that bucket."""

    def __init__(self, folder: Path, name: str, bits: int) -> None:
        """Keep 2 to the power of `bits` buckets in `folder`, which exists, under `name`."""
        self._folder = folder
        self._name = name
        self._shift = 64 - bits
        self._buckets: list[list[bytes]] = [[] for _ in range(1 << bits)]

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
                with (self._folder / f"{self._name}.{number:03}.{os.getpid()}").open("ab") as stream:
                    stream.write(b"".join(pieces))
                pieces.clear()


def read_buckets(folder: Path, name: str, bits: int) -> Iterator[bytes]:
    """Yield what all processes wrote to each bucket, in the order of the keys' highest bits."""
    for number in range(1 << bits):
        paths = sorted(folder.glob(f"{name}.{number:03}.*"))
        yield b"".join([path.read_bytes() for path in paths])


def delete_buckets(folder: Path, name: str) -> None:
    """Delete a spool's files."""
    for path in folder.glob(f"{name}.*"):
        path.unlink()

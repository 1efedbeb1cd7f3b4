"""What is remembered of every row while its text waits on disk: 35 bytes each, on disk as well."""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

INDEX_BITS = 6
_LAYOUT = Struct("<QQIIIHBBB")


class IndexEntry(NamedTuple):
    """One row that could be converted.

    Attributes:
        sample: the key that rows of one sample share.
        draw: the key that decides whether the row is sampled.
        block: number of its block.
        offset: its place in the block, from 0.
        length: characters of its longest prompt.
        group: position in its block's list of (task, answer) groups.
        source: number of its source.
        split: number of its split.
        is_candidate: 0 where its split or setting was not asked for.
    """

    sample: int
    draw: int
    block: int
    offset: int
    length: int
    group: int
    source: int
    split: int
    is_candidate: int


pack_entry = _LAYOUT.pack


def unpack_entries(data: bytes) -> Iterator[IndexEntry]:
    """Yield the entries of one bucket of the index."""
    return map(IndexEntry._make, _LAYOUT.iter_unpack(data))

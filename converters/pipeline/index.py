"""What is remembered of every row while its text waits on disk: 33 bytes each, on disk as well.

The fields of an entry, in this order:

sample: the key that rows of one sample share (unsigned, 64 bits).
draw: the key that decides whether the row is sampled (unsigned, 64 bits).
block: number of its block.
offset: its place in the block, from 0.
length: characters of its prompt.
group: position in its block's list of groups.
source: number of its source.
split: number of its split.
is_candidate: 0 where its split or setting was not asked for.
"""

from struct import Struct

INDEX_BITS = 4
MOST_SOURCES = 256
"""Numbers that the field `source` has room for."""

INDEX_FIELDS = {
    "sample": "<u8",
    "draw": "<u8",
    "block": "<u4",
    "offset": "<u4",
    "length": "<u4",
    "group": "<u2",
    "source": "u1",
    "split": "u1",
    "is_candidate": "u1",
}

pack_entry = Struct("<QQIIIHBBB").pack

"""Random numbers that a row draws from its own text and the seed.

A row's fate (sampled or not, its place in the file, its option order) so depends on what it says alone, not on the file
form, the order of rows, the machine, or how many processes share the work.
"""

from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

from converters.rows import Row

_FOUR_INTEGERS = Struct("<QQQQ")


class RowKeys(NamedTuple):
    """64-bit numbers of one row.

    Attributes:
        sample: the same for every row of one sample, whatever its instruction, setting and split.
        draw: decides whether the row is sampled; the same for exact repeats only, as are the rest.
        choice: decides wording and option order.
        place: decides where the reformatted row stands in the file.
        original_place: decides where the original row stands.
    """

    sample: int
    draw: int
    choice: int
    place: int
    original_place: int


def draw_keys(row: Row, seed: int) -> RowKeys:
    """Return the numbers of a row."""
    content = f"{row.task.name}\0{row.input}\0{row.options}\0{row.output}"
    sample = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    wording = _hash_wording(row.instruction, row.setting, row.split, seed)
    draws = blake2b(sample + wording, digest_size=_FOUR_INTEGERS.size).digest()
    return RowKeys(int.from_bytes(sample, "little"), *_FOUR_INTEGERS.unpack(draws))


@lru_cache(maxsize=4096)
def _hash_wording(instruction: str, setting: str, split: str, seed: int) -> bytes:
    return blake2b(
        f"{seed}\0{split}\0{setting}\0{instruction}".encode("utf-8", "surrogatepass"), digest_size=16
    ).digest()

"""Pseudo-random numbers derived from a row's own text and the seed.

Whether a row is sampled, its position in the file and its option order therefore depend only on its text, not on the
file format, the order of rows, the machine, or the number of processes.
"""

from functools import lru_cache
from hashlib import blake2b
from struct import Struct

from xxhash import xxh3_128_digest

from shopbench_plugin.ecinstruct.rows import Row

_TWO_INTEGERS = Struct("<QQ")
_FOUR_INTEGERS = Struct("<QQQQ")
_MASK = (1 << 64) - 1


def draw_keys(row: Row, seed: int) -> tuple[int, int, int, int, int]:
    """Return five 64-bit numbers of a row: hashes of its content, spread by factors drawn from seed and wording.

    Returns:
        sample: the same for every row of one sample, regardless of instruction, setting and split.
        draw: decides whether the row is sampled; like those below, the same only for exact repeats.
        place: decides the position of the reformatted row in the file.
        original_place: decides the position of the original row.
        choice: decides wording and option order.
    """
    task, split, setting, instruction, text, options, output = row
    content = f"{task.name}\0{text}\0{options}\0{output}".encode("utf-8", "surrogatepass")
    sample, number = _TWO_INTEGERS.unpack(xxh3_128_digest(content))
    factors = _draw_factors(instruction, setting, split, seed)
    draw, choice, place, original_place = [number * factor & _MASK for factor in factors]
    return sample, draw, place, original_place, choice


@lru_cache(maxsize=4096)
def _draw_factors(instruction: str, setting: str, split: str, seed: int) -> tuple[int, ...]:
    """Return four odd numbers; multiplying a uniform number by one keeps it uniform, and differs for every wording."""
    wording = f"{seed}\0{split}\0{setting}\0{instruction}".encode("utf-8", "surrogatepass")
    return tuple(number | 1 for number in _FOUR_INTEGERS.unpack(blake2b(wording, digest_size=32).digest()))

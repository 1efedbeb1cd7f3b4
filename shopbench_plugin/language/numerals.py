"""Numbers as shoppers and models write them: digits of any script, and the number words of every language."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from shopbench_plugin.language.reading import read_languages

_ASCII_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NARROW_LETTERS: Final = {ord(letter) + 0xFEE0: letter for letter in _ASCII_LETTERS}
_FULL_WIDTH: Final = str.maketrans("：，、．（）［］｜？！；〜～－　", ":,,.()[]|?!;~~- ") | _NARROW_LETTERS
_DIGIT_BEYOND_ASCII: Final = re.compile(r"[^\D\x00-\x7f]")


@cache
def number_words() -> Mapping[str, int]:
    """Return the number words of all languages in lower case, and their values."""
    words: dict[str, int] = {}
    for language in read_languages().values():
        words |= {word: value for value, word in enumerate(language.numerals)} | (language.other_numerals or {})
    return MappingProxyType(words)


def narrow(text: str) -> str:
    """Return `text` with all digits, and full-width letters and punctuation, in ASCII, each at its original position.

    The evaluator reads digits of any script, too: "٢" is 2.
    """
    if text.isascii():
        return text
    return _DIGIT_BEYOND_ASCII.sub(lambda digit: str(unicodedata.decimal(digit.group())), text.translate(_FULL_WIDTH))


def parse_number(word: str) -> int | None:
    """Return the value of ASCII digits or of a number word, None for anything else."""
    if word.isascii() and word.isdigit():
        return int(word[:9])
    return number_words().get(word.casefold())

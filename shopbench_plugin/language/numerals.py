"""Numbers as shoppers and models write them: digits of any script, and words in the languages of ShopBench."""

import re
import unicodedata
from types import MappingProxyType
from typing import Final

_FULL_WIDTH: Final = str.maketrans("：，、．（）［］｜？！；〜～－　", ":,,.()[]|?!;~~- ")
_DIGIT_BEYOND_ASCII: Final = re.compile(r"[^\D\x00-\x7f]")

_WORDS_FROM_ZERO: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn",
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez",
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze",
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici",
    "〇 一 二 三 四 五 六 七 八 九 十",
)

_OTHER_FORMS: Final = {"una": 1, "une": 1, "ein": 1, "eine": 1, "einen": 1, "einer": 1, "eines": 1, "零": 0}

NUMBER_WORDS: Final = MappingProxyType(
    {word: value for words in _WORDS_FROM_ZERO for value, word in enumerate(words.split())} | _OTHER_FORMS
)
"""Number words in lower case, in English, German, Spanish, French, Italian and Japanese, and their values."""


def narrow(text: str) -> str:
    """Return `text` with all scripts' digits and full-width punctuation in ASCII, each still at its place.

    The evaluator reads digits of any script, too: "٢" is 2.
    """
    return _DIGIT_BEYOND_ASCII.sub(lambda digit: str(unicodedata.decimal(digit.group())), text.translate(_FULL_WIDTH))


def parse_number(word: str) -> int | None:
    """Return the value of ASCII digits or of a number word, None for anything else."""
    if word.isascii() and word.isdigit():
        return int(word[:9])
    return NUMBER_WORDS.get(word.casefold())

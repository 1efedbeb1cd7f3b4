"""How many answers an instruction asks for."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from shopbench_plugin.language.numerals import number_words, parse_number
from shopbench_plugin.language.reading import alternatives, cue, gather, read_languages
from shopbench_plugin.language.record import DEFAULT


def _number_pattern(lowest: int) -> str:
    """Return a pattern of digits, or of a number word in any language of at least `lowest`."""
    return rf"(?:\d{{1,2}}|{_spell(word for word, value in number_words().items() if value >= lowest)})"


def _spell(words: Iterable[str]) -> str:
    """Return a pattern of the longest of `words` that fits; it tries each beginning once, not each word."""
    rests: dict[str, list[str]] = {}
    for word in sorted(words):
        rests.setdefault(word[:1], []).append(word[1:])
    may_end = rests.pop("", None) is not None
    choices = "|".join(re.escape(first) + _spell(rest) for first, rest in rests.items())
    return (f"(?:{choices})" + "?" * may_end) if choices else ""


NUMBER: Final = _number_pattern(0)
"""Pattern of a number in digits or in words of any language."""

_SEVERAL: Final = _number_pattern(2)
_ONES: Final = "|".join(word for word, value in number_words().items() if value == 1 and word.isalpha())
_RATING: Final = cue(lambda language: language.scales.rating)
_WHETHER: Final = alternatives(lambda language: language.wording.whether)
_GAP: Final = rf"(?:[^\w.;!?]+(?!(?:{_WHETHER})\b)[^\W\d]+){{0,6}}?[^\w.;!?]+"
_CHOOSING: Final = alternatives(lambda language: language.wording.choosing)
_CHOICE: Final = alternatives(lambda language: language.wording.choice)
_ADJECTIVES: Final = alternatives(lambda language: language.wording.answer_adjectives)
_NOUNS: Final = alternatives(lambda language: language.wording.answer_nouns)
_EXACTLY: Final = alternatives(lambda language: language.wording.exactly)
_OR: Final = alternatives(lambda language: language.scales.or_)
_EXPRESSIONS: Final = (
    # "Out of 5 stars" doesn't ask for five items.
    rf"\b(?:{_CHOOSING})\b{_GAP}({_SEVERAL})\b(?!\s*[-–]?\s*(?:{_RATING})\b|\s*,\s*\d)",
    rf"\b({_SEVERAL})\s+(?:(?:{_ADJECTIVES})\s+)?(?:{_NOUNS})\b",
    *(one.replace("{number}", f"({NUMBER})") for one in gather(lambda language: language.wording.counts)),
    rf"\b(?:{_CHOICE})\b[^\w.;!?]+(?:(?:{_EXACTLY})\s+)?({_ONES})\b(?!\s+(?:{_OR})\b)",
)
_COUNTS: Final = tuple(re.compile(expression, re.IGNORECASE) for expression in _EXPRESSIONS)
"""How an instruction says the number of answers, the surest way first."""
_SEPARATORS: Final = alternatives(lambda language: language.wording.separators)
_EACH: Final = alternatives(lambda language: language.wording.each)
_BOUNDS: Final = alternatives(lambda language: language.wording.bounds if language.has_blanks else ())
_UNSPACED_BOUNDS: Final = "|".join(gather(lambda language: () if language.has_blanks else language.wording.bounds))
_UNTOLD: Final = re.compile(
    rf"\b[01]\)?\s*(?:[-–]|{cue(lambda language: language.scales.to)})\s*\d+"
    rf"|\b(?:{_SEPARATORS})\s+(?:(?:{_EACH})\s+)?\w+|\b(?:{_BOUNDS})\s+{NUMBER}(?!\w)"
    rf"|{_UNSPACED_BOUNDS.replace('{number}', NUMBER)}",
    re.IGNORECASE,
)
"""Numbers that don't say it: "from 1 to 9"."""


def find_count(instruction: str, list_length: int, language: str = DEFAULT) -> int | None:
    """Return how many of `list_length` items are asked for, None if the instruction doesn't say.

    A number counts when it follows a word of choosing ("select the top 3") or precedes "numbers" or "indices". The
    word for one is an article in most languages, so it counts only right after such a word. A number that is not below
    the length of the list is that length ("from a list of 15 snippets"). A number word of another language that
    means something else in the instruction's `language` ("once" is eleven in Spanish) doesn't count.
    """
    text = _false_friends(language).sub("-", _UNTOLD.sub(" ", instruction))
    for pattern in _COUNTS:
        for match in pattern.finditer(text):
            number = next(filter(None, map(parse_number, filter(None, match.groups()))), None)
            if number is not None and 1 <= number < list_length:
                return number
    return None


@cache
def _false_friends(language: str) -> re.Pattern[str]:
    """Return what finds number words that are function words of `language`."""
    known = read_languages()[language].function_words.split()
    words = [word for word in known if number_words().get(word, 0) > 1]
    return re.compile(rf"\b(?:{'|'.join(words) or '(?!)'})\b", re.IGNORECASE)

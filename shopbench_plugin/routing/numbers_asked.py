"""How many answers an instruction asks for."""

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from shopbench_plugin.language.numerals import number_words, parse_number
from shopbench_plugin.language.reading import alternatives, cue, gather, read_languages
from shopbench_plugin.language.record import DEFAULT


def number_pattern(lowest: int = 0) -> str:
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


class _Patterns(NamedTuple):
    """How an instruction says the number of answers, the surest way first, and numbers that don't ("from 1 to 9")."""

    counts: tuple[re.Pattern[str], ...]
    untold: re.Pattern[str]


def find_count(instruction: str, list_length: int, language: str = DEFAULT) -> int | None:
    """Return how many of `list_length` items are asked for, None if the instruction doesn't say.

    A number counts when it follows a word of choosing ("select the top 3") or precedes "numbers" or "indices". The
    word for one is an article in most languages, so it counts only right after such a word. A number that is not below
    the length of the list is that length ("from a list of 15 snippets"). A number word of another language that
    means something else in the instruction's `language` ("once" is eleven in Spanish) doesn't count.
    """
    patterns = _patterns()
    text = _false_friends(language).sub("-", patterns.untold.sub(" ", instruction))
    for pattern in patterns.counts:
        for match in pattern.finditer(text):
            number = next(filter(None, map(parse_number, filter(None, match.groups()))), None)
            if number is not None and 1 <= number < list_length:
                return number
    return None


@cache
def _patterns() -> _Patterns:
    number, several = number_pattern(), number_pattern(2)
    choosing = alternatives(lambda language: language.wording.choosing)
    whether = alternatives(lambda language: language.wording.whether)
    gap = rf"(?:[^\w.;!?]+(?!(?:{whether})\b)[^\W\d]+){{0,6}}?[^\w.;!?]+"
    adjectives = alternatives(lambda language: language.wording.answer_adjectives)
    nouns = alternatives(lambda language: language.wording.answer_nouns)
    ones = "|".join(word for word, value in number_words().items() if value == 1 and word.isalpha())
    exactly = alternatives(lambda language: language.wording.exactly)
    choice = alternatives(lambda language: language.wording.choice)
    or_ = alternatives(lambda language: language.scales.or_)
    expressions = (
        rf"\b(?:{choosing})\b{gap}({several})\b(?!\s*[-–]?\s*(?:{_units()})\b|\s*,\s*\d)",
        rf"\b({several})\s+(?:(?:{adjectives})\s+)?(?:{nouns})\b",
        *(one.replace("{number}", f"({number})") for one in gather(lambda language: language.wording.counts)),
        rf"\b(?:{choice})\b[^\w.;!?]+(?:(?:{exactly})\s+)?({ones})\b(?!\s+(?:{or_})\b)",
    )
    separators = alternatives(lambda language: language.wording.separators)
    each = alternatives(lambda language: language.wording.each)
    bounds = alternatives(lambda language: language.wording.bounds if language.has_blanks else ())
    unspaced = "|".join(gather(lambda language: () if language.has_blanks else language.wording.bounds))
    unspaced = unspaced.replace("{number}", number)
    return _Patterns(
        tuple(re.compile(expression, re.IGNORECASE) for expression in expressions),
        re.compile(
            rf"\b[01]\)?\s*(?:[-–]|{cue(lambda language: language.scales.to)})\s*\d+"
            rf"|\b(?:{separators})\s+(?:(?:{each})\s+)?\w+|\b(?:{bounds})\s+{number}(?!\w)|{unspaced}",
            re.IGNORECASE,
        ),
    )


@cache
def _false_friends(language: str) -> re.Pattern[str]:
    """Return what finds number words that are function words of `language`."""
    known = read_languages()[language].function_words.split()
    words = [word for word in known if number_words().get(word, 0) > 1]
    return re.compile(rf"\b(?:{'|'.join(words) or '(?!)'})\b", re.IGNORECASE)


def _units() -> str:
    """Return a pattern of rating words: "out of 5 stars" doesn't ask for five items."""
    return cue(lambda language: language.scales.rating)

"""Words and phrases of the YAML files, in the notation of dictionaries, as regular expressions."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from shopbench_plugin.language.reading import gather, read_languages
from shopbench_plugin.language.record import Language, Words

Choice = Callable[[Language], Words]

MASK: Final = "\0"
"""What replaces an option when a text is read for what it says about options."""

_MARK: Final = re.compile(r"\\(?P<sign>.)|(?P<gap> \.\.\. )|(?P<number>\{number\})|(?P<other>.)", re.DOTALL)
_OPTIONAL: Final = re.compile(r"(?<!\\)\(([^()/\\]*)\)")
_SIGNS: Final = {"(": "(?:", ")": ")", "*": r"\w*", "'": "['’]"}


def phrase_pattern(phrase: str) -> str:
    r"""Return a regular expression of a phrase.

    `correct(e)` is "correct" or "correcte", `(de/du)` either one, `(de /)` that or nothing, `richtig*` any word that
    begins so, ` ... ` up to 40 characters of a sentence, `{number}` a number or an option that follows, and `\(` a
    bracket.
    """
    depth, pattern = 0, []
    for mark in _MARK.finditer(_OPTIONAL.sub(r"(\1/)", phrase)):
        sign = mark.group()
        depth += (sign == "(") - (sign == ")")
        if mark["gap"]:
            pattern.append(r"(?!\w)[^.:\n]{0,40}(?<!\w)")
        elif mark["number"]:
            pattern.append(rf"(?=\d|{MASK})")
        elif sign == "/" and depth:
            pattern.append("|")
        else:
            pattern.append(_SIGNS.get(sign) or re.escape(mark["sign"] or sign))
    return "".join(pattern)


def one_of(choose: Choice) -> str:
    """Return a pattern of the phrases of all languages, at any position."""
    return _join(gather(choose))


def spaced(choose: Choice) -> str:
    """Return a pattern of the phrases of the languages that separate words by blanks."""
    return _join(gather(lambda language: choose(language) if language.has_blanks else ()))


def unspaced(choose: Choice) -> str:
    """Return a pattern of the phrases of the other languages."""
    return _join(gather(lambda language: () if language.has_blanks else choose(language)))


def compile_phrases(choose: Choice) -> re.Pattern[str]:
    """Return an expression that finds the phrases: whole words if blanks separate them, except in idioms."""
    idioms = spaced(lambda language: language.speech.idioms)
    return re.compile(rf"\b(?!{idioms}\b){spaced(choose)}(?:\b|(?<= ))|{unspaced(choose)}", re.IGNORECASE)


def one_of_each(choose: Callable[[Language], tuple[Words, ...]]) -> tuple[str, ...]:
    """Return one pattern for each position in the lists of all languages: of all words for "first", for "second"..."""
    rows = [choose(language) for language in read_languages().values()]
    places = range(max(map(len, rows)))
    return tuple(_join([word for row in rows if place < len(row) for word in row[place]]) for place in places)


def _join(phrases: Iterable[str]) -> str:
    return "(?:" + ("|".join(map(phrase_pattern, phrases)) or "(?!)") + ")"

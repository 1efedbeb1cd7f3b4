"""The scale that an instruction rates on."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from shopbench_plugin.language.numerals import parse_number
from shopbench_plugin.language.reading import alternatives, cue, gather
from shopbench_plugin.routing.codes import Codes, find_codes
from shopbench_plugin.routing.numbers_asked import NUMBER

_DIGIT: Final = re.compile(r"\d")
_NEAR: Final = 80
_TEN: Final = 10
_NO_DIGIT_BEFORE: Final = r"(?<![\dA-Za-z])(?<!\d[.,])"
_NO_DIGIT_BEHIND: Final = r"(?![A-Za-z]*[.,]?\d)"
# What an end of a scale means: "1 (very negative) to 5", "1, very negative, to 5".
_GLOSS: Final = r"(?P<gloss>\s*\([^()\n]{1,60}\)|\s*=[^,.;\n\d]{1,40}[,;]?)?(?:,[^,.\n\d]{1,40},)?"
_TO: Final = cue(lambda language: language.scales.to)
_OR: Final = cue(lambda language: language.scales.or_)
_RATING_WORD: Final = cue(lambda language: language.scales.rating)
_MEANS: Final = cue(lambda language: language.scales.means)
_OTHERWISE_WORD: Final = cue(lambda language: language.scales.otherwise)
_ANSWER_WITH: Final = alternatives(lambda language: language.scales.answer if language.has_blanks else ())
_ANSWER_BEHIND: Final = alternatives(lambda language: () if language.has_blanks else language.scales.answer) or "(?!)"
_VALUE: Final = r"(?-i:[A-Z]|\d)(?![\w.,]*\w)"
_VALUES_NAMED: Final = (
    rf"(?P<values>{_NO_DIGIT_BEFORE}{_VALUE}(?:\s*(?:[,、/]|{_OR})\s*(?:{_OR}\s*)?{_VALUE}){{1,9}})"
    rf"(?=\s{_MEANS}\s|\s*(?:[^\w\s]|\Z|\n|[^\x00-\x7f]))"
)
_HIGH: Final = rf"(?:-|–|—|~|(?:,\s*)?{_TO})\s*(?:{_RATING_WORD}\s*)?(?P<high>{NUMBER}){_NO_DIGIT_BEHIND}"

_RATING: Final = re.compile(_RATING_WORD, re.IGNORECASE)
_END: Final = re.compile(_HIGH, re.IGNORECASE)
"""The higher end of a range; without a match, the costlier search for both is skipped."""
_BOTH_ENDS: Final = re.compile(
    rf"{_NO_DIGIT_BEFORE}(?P<low>{NUMBER})(?:[ ]{_RATING_WORD})?{_GLOSS}\s*{_HIGH}", re.IGNORECASE
)
"""Both ends of a range: "1 to 5"."""
_YES_OR_NO: Final = re.compile(
    rf"{_NO_DIGIT_BEFORE}(?:"
    + "|".join(
        rf"{one}\b[^.?!\n]{{1,80}}(?:{_OTHERWISE_WORD}[^.?!\n\d]{{0,20}}{other}|\b{other}[,]?\s{_OTHERWISE_WORD})"
        for one, other in ("10", "01")
    )
    + r")(?!\d)",
    re.IGNORECASE,
)
""""1 if ..., otherwise 0", "1 if ..., 0 otherwise"."""
_EVERY_VALUE: Final = re.compile(
    rf"{_NO_DIGIT_BEFORE}[01]\b(?:\s*(?:[,、/]|{_OR}|{_TO})\s*(?:{_OR}\s*|{_TO}\s*)?\d\b){{1,9}}{_NO_DIGIT_BEHIND}",
    re.IGNORECASE,
)
"""Every value: "one of 1, 2, 3, 4 or 5"."""
_ANSWER: Final = re.compile(
    rf"(?:\b(?:{_ANSWER_WITH})\b(?:[ ]\w+){{0,3}}?[ ]|(?=[^.。\n]{{1,20}}(?:{_ANSWER_BEHIND}))){_VALUES_NAMED}",
    re.IGNORECASE,
)
"""Values to answer with: "Answer with A or B"."""
_LETTERS: Final = re.compile(
    rf"(?P<values>(?-i:\b[A-Z](?:,[ ][A-Z])*,?[ ](?:{_OR})[ ][A-Z]))(?=[?.,]|\s*\Z)", re.IGNORECASE
)
"""Letters to choose between: "X or Y?"."""
_HIGHEST: Final = re.compile(
    "|".join(gather(lambda language: language.scales.highest)).replace("{number}", f"({NUMBER})") or r"(?!)",
    re.IGNORECASE,
)
"""How many values there are: "on a five-point scale"."""


class _Range(NamedTuple):
    """The ends of a possible scale, where it is in the text, and whether it says what its values mean."""

    low: int
    high: int
    place: re.Match[str] | None
    is_explained: bool


def find_scale(instruction: str, *, is_told: bool = False) -> Codes:
    """Return the labels of the scale that an instruction rates on ("1" ... "5") and what they mean, empty without one.

    A scale goes from 0 or 1 to a digit. Its numbers are near a word of rating, unless the text says what they mean, or
    the question `is_told` to be a multiple choice and lists no options. A scale of two values says what they mean, too.
    Letters are a scale if the text explains them or says to answer with them. Meanings are blank unless each label has
    one; of "1 if ..., otherwise 0" they are yes and no.
    """
    codes = find_codes(instruction)
    if codes and codes.labels[0].isalpha():
        return codes
    labels = _letters_to_answer(instruction, is_told=is_told)
    if not labels:
        labels = next(_values(instruction, codes, is_told=is_told), ())
    meanings = dict(zip(*codes, strict=True)) if codes else {}
    if labels and (otherwise := _YES_OR_NO.search(instruction)):
        meanings = {label: "yes" if label == otherwise.group()[0] else "no" for label in labels}
    is_each = set(labels) == meanings.keys()
    return Codes(labels, tuple(meanings[label] if is_each else "" for label in labels))


def _values(instruction: str, codes: Codes | None, *, is_told: bool) -> Iterator[tuple[str, ...]]:
    for low, high, place, is_explained in _ranges(instruction, codes):
        near = instruction[max(0, place.start() - _NEAR) : place.end() + _NEAR] if place else ""
        is_rating = is_explained or _RATING.search(near)
        is_long = low + 1 < high or is_told or is_explained
        if low in {0, 1} and low < high < _TEN and is_long and (is_told or is_rating):
            yield tuple(str(value) for value in range(low, high + 1))


def _letters_to_answer(instruction: str, *, is_told: bool) -> tuple[str, ...]:
    """Return the letters that the instruction says to answer with: "Answer with A or B"."""
    for pattern in (_ANSWER, _LETTERS) if is_told else (_ANSWER,):
        for match in pattern.finditer(instruction):
            letters = re.findall(r"\b[A-Z]\b", match["values"])
            if len(letters) == len(set(letters)) > 1:
                return tuple(letters)
    return ()


def _ranges(instruction: str, codes: Codes | None) -> Iterator[_Range]:
    """Yield the lowest and the highest value of every possible scale, and where it is."""
    for match in _BOTH_ENDS.finditer(instruction) if _END.search(instruction) else ():
        low, high = parse_number(match["low"]), parse_number(match["high"])
        if low is not None and high is not None and low + 1 < high:
            yield _Range(low, high, match, bool(match["gloss"]))
    if _DIGIT.search(instruction):
        yield from _ranges_of_digits(instruction, codes)
    for match in _HIGHEST.finditer(instruction):
        high = next(filter(None, map(parse_number, filter(None, match.groups()))), None)
        if high is not None:
            yield _Range(1, high, match, is_explained=False)


def _ranges_of_digits(instruction: str, codes: Codes | None) -> Iterator[_Range]:
    """Yield the scales with values in digits; a text without digits needs no search for them."""
    if codes:
        values = sorted(map(int, codes.labels))
        yield _Range(values[0], values[-1], None, is_explained=True)
    if _YES_OR_NO.search(instruction):
        yield _Range(0, 1, None, is_explained=True)
    for pattern, is_explained in ((_EVERY_VALUE, False), (_ANSWER, True)):
        for match in pattern.finditer(instruction):
            values = sorted(int(value) for value in re.findall(r"\d", match.group()))
            if values and values == list(range(values[0], values[0] + len(values))):
                yield _Range(values[0], values[-1], match, is_explained)

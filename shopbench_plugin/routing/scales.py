"""The scale that an instruction rates on."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from shopbench_plugin.language.numerals import parse_number
from shopbench_plugin.language.reading import alternatives, compile_cue, cue, gather
from shopbench_plugin.routing.codes import Codes, find_codes
from shopbench_plugin.routing.numbers_asked import number_pattern

_DIGIT: Final = re.compile(r"\d")
_NEAR: Final = 80
_TEN: Final = 10
_NO_DIGIT_BEFORE: Final = r"(?<![\dA-Za-z])(?<!\d[.,])"
_NO_DIGIT_BEHIND: Final = r"(?![A-Za-z]*[.,]?\d)"
# What an end of a scale means: "1 (very negative) to 5", "1, very negative, to 5".
_GLOSS: Final = r"(?P<gloss>\s*\([^()\n]{1,60}\)|\s*=[^,.;\n\d]{1,40}[,;]?)?(?:,[^,.\n\d]{1,40},)?"


class _Patterns(NamedTuple):
    """Patterns of rating scales.

    Attributes:
        rating: words of rating.
        end: the higher end of a range; without a match, the costlier search for both is skipped.
        range: both ends: "1 to 5".
        otherwise: "1 if ..., otherwise 0", "1 if ..., 0 otherwise".
        values: every value: "one of 1, 2, 3, 4 or 5".
        answer: values to answer with: "Answer with A or B".
        letters: letters to choose between: "X or Y?".
        highest: how many there are: "on a five-point scale".
    """

    rating: re.Pattern[str]
    end: re.Pattern[str]
    range: re.Pattern[str]
    otherwise: re.Pattern[str]
    values: re.Pattern[str]
    answer: re.Pattern[str]
    letters: re.Pattern[str]
    highest: re.Pattern[str]


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
    if labels and (otherwise := _patterns().otherwise.search(instruction)):
        meanings = {label: "yes" if label == otherwise.group()[0] else "no" for label in labels}
    is_each = set(labels) == meanings.keys()
    return Codes(labels, tuple(meanings[label] if is_each else "" for label in labels))


def _values(instruction: str, codes: Codes | None, *, is_told: bool) -> Iterator[tuple[str, ...]]:
    for low, high, place, is_explained in _ranges(instruction, codes):
        near = instruction[max(0, place.start() - _NEAR) : place.end() + _NEAR] if place else ""
        is_rating = is_explained or _patterns().rating.search(near)
        is_long = low + 1 < high or is_told or is_explained
        if low in {0, 1} and low < high < _TEN and is_long and (is_told or is_rating):
            yield tuple(str(value) for value in range(low, high + 1))


def _letters_to_answer(instruction: str, *, is_told: bool) -> tuple[str, ...]:
    """Return the letters that the instruction says to answer with: "Answer with A or B"."""
    patterns = _patterns()
    for pattern in (patterns.answer, patterns.letters) if is_told else (patterns.answer,):
        for match in pattern.finditer(instruction):
            letters = re.findall(r"\b[A-Z]\b", match["values"])
            if len(letters) == len(set(letters)) > 1:
                return tuple(letters)
    return ()


def _ranges(instruction: str, codes: Codes | None) -> Iterator[_Range]:
    """Yield the lowest and the highest value of every possible scale, and where it is."""
    patterns = _patterns()
    for match in patterns.range.finditer(instruction) if patterns.end.search(instruction) else ():
        low, high = parse_number(match["low"]), parse_number(match["high"])
        if low is not None and high is not None and low + 1 < high:
            yield _Range(low, high, match, bool(match["gloss"]))
    if _DIGIT.search(instruction):
        yield from _ranges_of_digits(instruction, codes)
    for match in patterns.highest.finditer(instruction):
        high = next(filter(None, map(parse_number, filter(None, match.groups()))), None)
        if high is not None:
            yield _Range(1, high, match, is_explained=False)


def _ranges_of_digits(instruction: str, codes: Codes | None) -> Iterator[_Range]:
    """Yield the scales with values in digits; a text without digits needs no search for them."""
    patterns = _patterns()
    if codes:
        values = sorted(map(int, codes.labels))
        yield _Range(values[0], values[-1], None, is_explained=True)
    if patterns.otherwise.search(instruction):
        yield _Range(0, 1, None, is_explained=True)
    for pattern, is_explained in ((patterns.values, False), (patterns.answer, True)):
        for match in pattern.finditer(instruction):
            values = sorted(int(value) for value in re.findall(r"\d", match.group()))
            if values and values == list(range(values[0], values[0] + len(values))):
                yield _Range(values[0], values[-1], match, is_explained)


@cache
def _patterns() -> _Patterns:
    number = number_pattern()
    to = cue(lambda language: language.scales.to)
    or_ = cue(lambda language: language.scales.or_)
    answer = alternatives(lambda language: language.scales.answer if language.has_blanks else ())
    answer_behind = alternatives(lambda language: () if language.has_blanks else language.scales.answer)
    rating = cue(lambda language: language.scales.rating)
    means = cue(lambda language: language.scales.means)
    otherwise = cue(lambda language: language.scales.otherwise)
    highest = "|".join(gather(lambda language: language.scales.highest))
    either = rf"\s*(?:[,、/]|{or_})\s*(?:{or_}\s*)?"
    value = r"(?-i:[A-Z]|\d)(?![\w.,]*\w)"
    values = rf"(?P<values>{_NO_DIGIT_BEFORE}{value}(?:{either}{value}){{1,9}})"
    values += rf"(?=\s{means}\s|\s*(?:[^\w\s]|\Z|\n|[^\x00-\x7f]))"
    asked = rf"(?:\b(?:{answer})\b(?:[ ]\w+){{0,3}}?[ ]|(?=[^.。\n]{{1,20}}(?:{answer_behind or '(?!)'}))){values}"
    others = [
        rf"{one}\b[^.?!\n]{{1,80}}(?:{otherwise}[^.?!\n\d]{{0,20}}{other}|\b{other}[,]?\s{otherwise})"
        for one, other in ("10", "01")
    ]
    low = rf"{_NO_DIGIT_BEFORE}(?P<low>{number})(?:[ ]{rating})?"
    end = rf"(?:-|–|—|~|(?:,\s*)?{to})\s*(?:{rating}\s*)?(?P<high>{number}){_NO_DIGIT_BEHIND}"
    expressions = (
        end,
        rf"{low}{_GLOSS}\s*{end}",
        rf"{_NO_DIGIT_BEFORE}(?:{'|'.join(others)})(?!\d)",
        rf"{_NO_DIGIT_BEFORE}[01]\b(?:\s*(?:[,、/]|{or_}|{to})\s*(?:{or_}\s*|{to}\s*)?\d\b){{1,9}}{_NO_DIGIT_BEHIND}",
        asked,
        rf"(?P<values>(?-i:\b[A-Z](?:,[ ][A-Z])*,?[ ](?:{or_})[ ][A-Z]))(?=[?.,]|\s*\Z)",
        highest.replace("{number}", f"({number})") or r"(?!)",
    )
    return _Patterns(
        compile_cue(lambda language: language.scales.rating),
        *(re.compile(expression, re.IGNORECASE) for expression in expressions),
    )

"""The scale that an instruction rates on."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from shopbench_plugin.language.numerals import parse_number
from shopbench_plugin.language.phrases import compile_phrases
from shopbench_plugin.language.reading import alternatives, compile_cue, cue, read_languages
from shopbench_plugin.routing.numbers_asked import number_pattern

_DIGIT: Final = re.compile(r"\d")
_NEAR: Final = 80
_TEN: Final = 10
_NO_DIGIT_BEFORE: Final = r"(?<![\dA-Za-z])(?<!\d[.,])"
_NO_DIGIT_BEHIND: Final = r"(?![\w.,]*\d)"
# What an end of a scale means: "1 (very negative) to 5", "1, very negative, to 5".
_GLOSS: Final = r"(?P<gloss>\s*\([^()\n]{1,60}\)|\s*=[^,.;\n\d]{1,40}[,;]?)?(?:,[^,.\n\d]{1,40},)?"


class _Patterns(NamedTuple):
    """Patterns of rating scales.

    Attributes:
        rating: words of rating.
        end: the higher end of a range; without a match, the costlier search for both is skipped.
        range: both ends: "1 to 5".
        equated: a value and what it means: "1 = bad", "0 for no".
        glossed: what it means and then the value: "negative (0)".
        otherwise: "1 if ..., otherwise 0", "1 if ..., 0 otherwise".
        values: every value: "one of 1, 2, 3, 4 or 5".
        explained: every value and what it means in brackets: "0 (no) or 1 (yes)".
        answer: values to answer with: "Answer with A or B".
        highest: how many there are: "on a five-point scale".
    """

    rating: re.Pattern[str]
    end: re.Pattern[str]
    range: re.Pattern[str]
    equated: re.Pattern[str]
    glossed: re.Pattern[str]
    otherwise: re.Pattern[str]
    values: re.Pattern[str]
    explained: re.Pattern[str]
    answer: re.Pattern[str]
    highest: re.Pattern[str]


class _Range(NamedTuple):
    """The ends of a possible scale, where it is in the text, and whether it says what its values mean."""

    low: int
    high: int
    place: re.Match[str]
    is_explained: bool


def find_scale(instruction: str, *, is_told: bool = False) -> tuple[str, ...]:
    """Return the labels of the scale that an instruction rates on ("1" ... "5"), empty if there is none.

    A scale goes from 0 or 1 to a digit. Its numbers are near a word of rating, unless the text says what they mean, or
    the question `is_told` to be a multiple choice and lists no options. A scale of two values says what they mean, too.
    """
    if letters := _letters_to_answer(instruction):
        return letters
    for low, high, place, is_explained in _ranges(instruction):
        near = instruction[max(0, place.start() - _NEAR) : place.end() + _NEAR]
        is_rating = is_explained or _patterns().rating.search(near)
        is_long = low + 1 < high or is_told or is_explained
        if low in {0, 1} and low < high < _TEN and is_long and (is_told or is_rating):
            return tuple(str(value) for value in range(low, high + 1))
    return ()


def find_poles(instruction: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return "yes" and "no" for the labels of a scale that has these two meanings ("1 = yes", "otherwise 0"), or ()."""
    told = {place[1]: _pole(instruction[place.end() :]) for place in _patterns().equated.finditer(instruction)}
    otherwise = _patterns().otherwise.search(instruction)
    if otherwise:
        told = {label: "yes" if label == otherwise.group()[0] else "no" for label in labels}
    poles = tuple(told.get(label, "") for label in labels)
    return poles if sorted(poles) == ["no", "yes"] else ()


def _pole(meaning: str) -> str:
    meaning = meaning.lstrip(" '\"“")
    signs = (("no", lambda language: language.speech.no), ("yes", lambda language: language.speech.yes))
    return next((sign for sign, choose in signs if compile_phrases(choose).match(meaning)), "")


def _letters_to_answer(instruction: str) -> tuple[str, ...]:
    """Return the letters that the instruction says to answer with: "Answer with A or B"."""
    for match in _patterns().answer.finditer(instruction):
        letters = sorted(re.findall(r"\b[A-J]\b", match["values"]))
        if len(letters) > 1 and letters == [chr(ord("A") + place) for place in range(len(letters))]:
            return tuple(letters)
    return ()


def _ranges(instruction: str) -> Iterator[_Range]:
    """Yield the lowest and the highest value of every possible scale, and where it is."""
    patterns = _patterns()
    for match in patterns.range.finditer(instruction) if patterns.end.search(instruction) else ():
        low, high = parse_number(match["low"]), parse_number(match["high"])
        if low is not None and high is not None and low + 1 < high:
            yield _Range(low, high, match, bool(match["gloss"]))
    if _DIGIT.search(instruction):
        yield from _ranges_of_digits(instruction)
    for match in patterns.highest.finditer(instruction):
        high = next(filter(None, map(parse_number, filter(None, match.groups()))), None)
        if high is not None:
            yield _Range(1, high, match, is_explained=False)


def _ranges_of_digits(instruction: str) -> Iterator[_Range]:
    """Yield the scales with values in digits; a text without digits needs no search for them."""
    patterns = _patterns()
    for pattern in (patterns.equated, patterns.glossed):
        yield from _range_of_meanings(list(pattern.finditer(instruction)))
    for match in patterns.otherwise.finditer(instruction):
        yield _Range(0, 1, match, is_explained=True)
    for pattern, is_explained in ((patterns.values, False), (patterns.explained, True), (patterns.answer, True)):
        for match in pattern.finditer(instruction):
            values = sorted(int(value) for value in re.findall(r"\d", match.group()))
            if values and values == list(range(values[0], values[0] + len(values))):
                yield _Range(values[0], values[-1], match, is_explained)


def _range_of_meanings(places: list[re.Match[str]]) -> Iterator[_Range]:
    values = sorted({int(place[1]) for place in places})
    if len(values) > 1:
        yield _Range(values[0], values[-1], places[0], is_explained=True)


@cache
def _patterns() -> _Patterns:
    number = number_pattern()
    to = cue(lambda language: language.scales.to)
    or_ = cue(lambda language: language.scales.or_)
    answer = alternatives(lambda language: language.scales.answer if language.has_blanks else ())
    answer_behind = alternatives(lambda language: () if language.has_blanks else language.scales.answer)
    rating = cue(lambda language: language.scales.rating)
    means = cue(lambda language: language.scales.means)
    then = cue(lambda language: language.scales.then)
    otherwise = cue(lambda language: language.scales.otherwise)
    highest = [pattern for language in read_languages().values() for pattern in language.scales.highest]
    either = rf"\s*(?:[,、/]|{or_})\s*(?:{or_}\s*)?"
    value = r"(?-i:[A-J]|\d)(?![\w.,]*\w)"
    told = rf"(?:\s?\([^()\n]{{1,40}}\)|\s{means}\s[^.;,\n]{{1,40}}?)"
    pairs = rf"(?:{told}?{either}{value}){{1,9}}|(?:{told},?\s(?:{to}|{or_})\s{value}){{1,9}}"
    values = rf"(?P<values>{_NO_DIGIT_BEFORE}{value}(?:{pairs}))(?={told}|\s*(?:[^\w\s]|\Z|\n|[^\x00-\x7f]))"
    asked = rf"(?:\b(?:{answer})\b(?:[ ]\w+){{0,3}}?[ ]|(?=[^.。\n]{{1,20}}(?:{answer_behind or '(?!)'}))){values}"
    gloss = r"\s?\([^\W\d][^()\d]{0,40}\)"
    others = [
        rf"{one}\b[^.?!\n]{{1,80}}(?:{otherwise}[^.?!\n\d]{{0,20}}{other}|\b{other}[,]?\s{otherwise})"
        for one, other in ("10", "01")
    ]
    low = rf"{_NO_DIGIT_BEFORE}(?P<low>{number})(?:[ ]{rating})?"
    end = rf"(?:-|–|—|~|(?:,\s*)?{to})\s*(?:{rating}\s*)?(?P<high>{number}){_NO_DIGIT_BEHIND}"
    expressions = (
        end,
        rf"{low}{_GLOSS}\s*{end}",
        rf"{_NO_DIGIT_BEFORE}(\d)\s*(?:=(?=\s*[^\W\d])|:(?=\s*[^\W\d])|[-=]>|→|\(?{means}(?!\w*\d))",
        rf"[^\W\d],?\s*(?:{then}\s*|[(\[]|=\s*|:\s+|->\s*|→\s*)(\d)(?![\d.,]\d)(?=[)\],.;]|\s|[^\x00-\x7f]|\Z)",
        rf"{_NO_DIGIT_BEFORE}(?:{'|'.join(others)})(?!\d)",
        rf"{_NO_DIGIT_BEFORE}[01]\b(?:\s*(?:[,、/]|{or_}|{to})\s*(?:{or_}\s*|{to}\s*)?\d\b){{1,9}}{_NO_DIGIT_BEHIND}",
        rf"{_NO_DIGIT_BEFORE}[01]{gloss}(?:{either}\d{gloss}){{1,9}}",
        asked,
        "|".join(pattern.replace("{number}", f"({number})") for pattern in highest) or r"(?!)",
    )
    return _Patterns(
        compile_cue(lambda language: language.scales.rating),
        *(re.compile(expression, re.IGNORECASE) for expression in expressions),
    )

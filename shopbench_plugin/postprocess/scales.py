"""Ratings on a scale, in stars and words: "★★★★☆", "4 out of 5", "very positive"."""

import re
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.language.numerals import number_words
from shopbench_plugin.postprocess.mentions import number_label
from shopbench_plugin.postprocess.spoken import (
    DENIALS,
    FULL_MARKS,
    NOT,
    OUT_OF,
    SENTIMENTS,
    STARS,
    TO,
    UNSPACED_STARS,
    VERY,
)
from shopbench_plugin.postprocess.tokens import NUMBER_END, NUMBER_START

_DRAWN: Final = re.compile(r"[★⭐🌟][★⭐🌟☆✩\s\ufe0f]*")
_NUMBER_DRAWN: Final = re.compile(r"\d\s*[★⭐🌟]|(?<![★⭐🌟])[★⭐🌟]\s?\d")
_FULL_STARS: Final = re.compile(r"[★⭐🌟]")
_IN_STARS: Final = re.compile(
    rf"(?<![\w.,])(?P<number>\d|[^\W\d_]+?)(?:[.,]0)?(?:[ -]{STARS}|{UNSPACED_STARS})"
    rf"|(?:{UNSPACED_STARS}|[★⭐🌟]\s?)(?P<behind>\d)",
    re.IGNORECASE,
)
_WHOLE: Final = re.compile(r"(?<![\w.,])(\d)[.,]0(?![\w.,])")
_REFUTED: Final = re.compile(rf"[^.,;:\n]{{0,20}}(?:{NOT.pattern})", re.IGNORECASE)
_NEAR: Final = 10
_NOT: Final = re.compile(rf"\b{DENIALS} $")


def read_rating(said: str, space: AnswerSpace) -> str | None:
    """Return the label of a rating that is drawn, or given in stars or out of the highest value.

    There is none if the options are texts.
    """
    if any(space.texts):
        return None
    low, high = space.labels[0], space.labels[-1]
    said = re.sub(rf"{high}{FULL_MARKS}", " ", said)
    drawn = _DRAWN.findall(said)
    if drawn and not _NUMBER_DRAWN.search(said):
        stars = str(len(_FULL_STARS.findall(drawn[-1])))
        return stars if stars in space.labels else None
    highest = "|".join([high, *(word for word, value in number_words().items() if str(value) == high)])
    number = rf"\d|{'|'.join(word for word, value in number_words().items() if str(value) in space.labels)}"
    out_of_all = (
        rf"(?<![\w.,])({number})(?:[.,]0)?\s*(?:(?:{STARS}|{UNSPACED_STARS})\s+)?{OUT_OF}\s*(?:{highest})(?!\w|[.,]\d)"
    )
    places = [place for place in re.finditer(out_of_all, said, re.IGNORECASE) if not _is_denied(said, place.start())]
    told = [_read_number(place[1], space) for place in places]
    found = [label for label in told if label and label != low] or [label for label in told if label]
    if found:
        return str(found[-1])
    starred = (place for place in _IN_STARS.finditer(said) if not _REFUTED.match(said, place.end()))
    in_stars = [_read_number(place["number"] or place["behind"], space) for place in starred]
    return next(filter(None, in_stars), None)


def _read_number(number: str, space: AnswerSpace) -> str | None:
    return number if number in space.labels else number_label(number, space)


def drop_scale(said: str, space: AnswerSpace) -> str:
    """Return `said` without the ends of the scale ("On a scale of 1 to 5, I would say 2"), with 3.0 as 3."""
    low, high = space.labels[0], space.labels[-1]
    ends = rf"{NUMBER_START}{low}\s*(?:[-–—~]|{TO}|\w{{1,3}})\s*{high}{NUMBER_END}"
    said = re.sub(rf"{high}{FULL_MARKS}", " ", said)
    said = re.sub(rf"{OUT_OF}\s*{high}{NUMBER_END}", " ", said, flags=re.IGNORECASE)
    return _WHOLE.sub(r"\1", re.sub(ends, " ", said))


def _is_denied(said: str, place: int) -> bool:
    return _NOT.search(said[max(0, place - _NEAR) : place]) is not None


def read_sentiment(said: str, space: AnswerSpace) -> str | None:
    """Return the label of the last word of a scale, "very positive" for its end; a negated word doesn't count.

    There is none if the options are texts.
    """
    if any(space.texts):
        return None
    found = [
        (place.start(), value, place)
        for value, pattern in SENTIMENTS
        for place in re.finditer(rf"(?P<very>{VERY} ?)?(?<![a-zà-ÿ]){pattern}(?![a-z])", said, re.IGNORECASE)
        if not _is_denied(said, place.start())
    ]
    if not found:
        return None
    _, value, place = max(found)
    if place["very"]:
        value = round(value + (0.25 if value > 0.5 else -0.25 if value < 0.5 else 0), 2)  # noqa: PLR2004  the middle
    return space.labels[round(value * (len(space.labels) - 1))]

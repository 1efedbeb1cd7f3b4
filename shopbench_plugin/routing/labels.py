"""How the labels of a list are written: the ways to write "A" or "1" before an item."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from shopbench_plugin.language.numerals import narrow
from shopbench_plugin.language.reading import alternatives, cue

_HEADER_REACH: Final = 40
_CAPITAL_A: Final = ord("A")
_LIST_COMMA: Final = "\x1f"
"""What replaces the ideographic comma, which, unlike other commas, marks a label: "A、"."""

# Digits and letters in circles, in brackets, or with a point, as one character: the first of each run, its value, and
# how many follow.
_RUNS: Final = (
    *((0x2460, 1, 20), (0x2474, 1, 20), (0x2488, 1, 20), (0x2776, 1, 10), (0x2780, 1, 10), (0x278A, 1, 10)),
    *((0x24F5, 1, 10), (0x24EA, 0, 1), (0x24FF, 0, 1)),
)
_LETTER_RUNS: Final = (0x24B6, 0x1F130, 0x1F150, 0x1F170)
_CIRCLED: Final = {chr(first + step): str(value + step) for first, value, count in _RUNS for step in range(count)} | {
    chr(first + step): chr(_CAPITAL_A + step) for first in _LETTER_RUNS for step in range(26)
}
_ROMAN: Final = {
    numeral: value for value, numeral in enumerate(["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"])
}
_OPEN: Final = r"(?P<bracket>[(\[<{【]?)"
_CLOSED: Final = (
    rf"(?P<mark>[.)\]>}}】{_LIST_COMMA}]|/(?=\s)|:(?!\d)|(?<=[A-Z]):(?=\d+\D)|[ ]:(?=[ ])|[ ][-–—](?=[ ])"
    r"|-(?=[ ][^\W\d])|[ ]?=(?=[ ]?[^\W\d]))"
)
_BULLET: Final = r"[ \t]*(?:[-–*•・][ \t]+)?(?:\*\*|__)?"
_BEFORE_INLINE: Final = rf"(?:(?<=[\s,;?!。？；，|{{(\[{_LIST_COMMA}])|(?<=[^\W\d][.:])|\A)"
# After a mark within a line: a blank, or a character of a script without blanks ("A：正面"), or anything after "(1)".
_BEHIND_INLINE: Final = r"(?:(?=\s|[^\x00-\x7f])|(?<=[(\[]\w[)\]])(?=\w))"
_COMMA_BEHIND: Final = rf"{_LIST_COMMA}(?!\s|[A-Z\d](?![A-Za-z]))"


class Mark(NamedTuple):
    """One possible label: its ordinal value, its style, and where label and text begin."""

    label: str
    value: int
    style: str
    start: int
    text_start: int
    opens_list: bool


class Style(NamedTuple):
    """One way to write labels.

    Attributes:
        name: its name.
        pattern: finds a label, in its group `label`.
        fewest: the minimum number of items in a list.
        fewest_told: the minimum if the question is known to be a multiple choice, or the list is announced.
    """

    name: str
    pattern: re.Pattern[str]
    fewest: int
    fewest_told: int


def flatten(text: str) -> str:
    """Return `text` narrowed, with every character at its position and the ideographic comma kept distinct."""
    return narrow(text.replace("、", _LIST_COMMA))


_LABEL_WORDS: Final = alternatives(lambda language: language.headers.labels)
_PREFIX: Final = rf"(?:(?P<word>{_LABEL_WORDS})[ ]?|[#№][ ]?)?"
# A label at the start of a line, or after a header on the same line ("Products: 0. ...", "Options: (A) ...").
# After a header a blank must follow, or "2. Size: 2.5 inches" would be a list; at the start "1.size" is common.
_SAME_LINE: Final = r"(?P<header>(?![A-Z][.):\]])[^\W\d][^\n:]{0,60}:(?=[ \t]*[(\[]?\w{1,3}[.)\]:]\s))?"
_LINE: Final = (
    rf"^{_SAME_LINE}(?P<lead>{_BULLET}(?i:{_PREFIX})){_OPEN}(?P<label>\d{{1,3}}|[A-Z])(?:\*\*|__)?{_CLOSED}(?:\*\*|__)?"
)
_ONE_SIGN: Final = rf"(?P<label>[{''.join(_CIRCLED)}]|\d(?=\ufe0f?\u20e3))\ufe0f?\u20e3?[.)]?"
_INLINE: Final = (
    rf"{_BEFORE_INLINE}(?P<bracket>(?:[(\[](?=\w+[)\]]))?)(?P<label>\d{{1,2}}|[A-Z])"
    rf"(?:(?P<mark>[.)\]:]|[ ][-–—](?=[ ][\"“„«])){_BEHIND_INLINE}|{_COMMA_BEHIND})"
)
_SMALL: Final = r"^[ \t]*(?P<bracket>[(\[]?)(?P<label>[a-z])(?P<mark>[.)\]:])(?=\s)"
_SMALL_INLINE: Final = rf"{_BEFORE_INLINE}(?P<bracket>[(\[]?)(?P<label>[a-z])(?P<mark>[.)\]])(?=\s)"
_ROMAN_LINE: Final = r"^[ \t]*(?P<bracket>[(\[]?)(?P<label>(?i:viii|vii|vi|iv|ix|iii|ii|i|v|x))(?P<mark>[.)\]:])(?=\s)"
_ROW: Final = r"^[ \t]*(?P<lead>\|[ \t]*)(?P<label>\d{1,3}|[A-Z])[ \t]*(?P<mark>\|)"
_BARE: Final = (
    r"^[ \t]*[#№]?(?P<label>\d{1,2}|[A-Z])(?:[ ]\|[ ]?|\t|[ ]{1,4})"
    r"(?=[^\W\d]|(?<=[A-Z][ \t])[$€£¥\d]|\([^()\n]+\):)"
)
_MEANS: Final = cue(lambda language: language.scales.means)
# Without a mark within a line: "1 bag 2 box", but not "0 means bad".
_UNMARKED: Final = rf"(?<=[\s,;:?])(?P<label>\d{{1,2}}|[A-Z])[ ](?=[^\W\d])(?!{_MEANS})"
STYLES: Final = (
    Style("line", re.compile(_LINE, re.MULTILINE), 2, 2),
    Style("row", re.compile(_ROW, re.MULTILINE), 2, 2),
    Style("circled", re.compile(_ONE_SIGN), 2, 2),
    Style("inline", re.compile(_INLINE), 3, 2),
    Style("small", re.compile(_SMALL, re.MULTILINE), 3, 2),
    Style("roman", re.compile(_ROMAN_LINE, re.MULTILINE), 2, 2),
    Style("small inline", re.compile(_SMALL_INLINE), 3, 3),
    Style("bare", re.compile(_BARE, re.MULTILINE), 3, 2),
    Style("unmarked", re.compile(_UNMARKED), 4, 3),
)
"""All styles, most reliable first."""
_FIRST_WORD: Final = re.compile(rf"{_BULLET}(?:{_LABEL_WORDS})\b", re.IGNORECASE)
_LIST_HEADER: Final = re.compile(rf"(?:{alternatives(lambda language: language.headers.lists)})\s*:\Z", re.IGNORECASE)
"""The end of a header that announces a list."""


def find_marks(style: Style, text: str) -> Iterator[Mark]:
    """Yield every possible label of one style in a flattened text."""
    for match in style.pattern.finditer(text):
        groups = match.groupdict()
        label = _CIRCLED.get(match["label"], match["label"])
        start = match.start(next(name for name in ("lead", "bracket", "label") if name in groups))
        kind = "number" if label.isdigit() else "letter"
        yield Mark(
            label=str(int(label)) if label.isdigit() else label,
            value=_value(label, style.name),
            style=f"{kind}{groups.get('word') or ''}{groups.get('bracket') or ''}{groups.get('mark') or ''}",
            start=start,
            text_start=match.end(),
            opens_list=_follows_list_header(text, start),
        )


def starts_with_word(text: str) -> bool:
    """Return whether the first label of a list has a word before it: "Option 1"."""
    return _FIRST_WORD.match(text) is not None


def _value(label: str, style: str) -> int:
    if label.isdigit():
        return int(label)
    return _ROMAN[label.casefold()] if style == "roman" else ord(label.upper()) - _CAPITAL_A


def _follows_list_header(text: str, start: int) -> bool:
    reach = max(0, start - _HEADER_REACH)
    if ":" not in text[reach:start]:
        return False
    before = text[reach:start].rstrip()
    return before.endswith(":") and _LIST_HEADER.search(before) is not None

"""Lists in a question: options, candidates or products, each after its label."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from shopbench_plugin.core.layout import Listing
from shopbench_plugin.routing.labels import STYLES, Mark, Style, find_marks, flatten
from shopbench_plugin.routing.unfolding import END

_LARGEST_GAP: Final = 3
_BULLET: Final = re.compile(r"^[ \t]*(?:[-–*・][ \t]|•)[ \t]*(?P<text>[^\n]+)", re.MULTILINE)
_END_OF_SENTENCE: Final = re.compile(r"(?<=[^\W\d]{2})[.!?](?=[ ]+[A-ZÀ-Ý¿])|[。！？]|\n|$")
_END_OF_LINE: Final = re.compile(rf"{END}[.{END} ]{{0,99}}[ ](?=[^\W\da-z])|\n|$")
"""Behind a list of JSON or XML a sentence may follow on the same line."""
_FEWEST_FROM_ANY: Final = 4
_FEWEST_UNMARKED: Final = 2
_FEWEST_BULLETS: Final = 2
_MOST_BULLETS: Final = 10
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
"""What ends a list that is in brackets as a whole: "(A: good, B: bad)"."""
_HIGHEST_FIRST: Final = 999
_SEPARATORS: Final = ",;、，；"


class _Chain(NamedTuple):
    """A run of marks with rising values, stored as a linked list so that appending takes constant time."""

    mark: Mark
    length: int
    previous: "_Chain | None"

    def marks(self) -> list[Mark]:
        found: list[Mark] = []
        link: _Chain | None = self
        while link is not None:
            found.append(link.mark)
            link = link.previous
        return found[::-1]


def find_listing(text: str, *, is_told: bool = False) -> Listing | None:
    """Return the list that a question is about, or None.

    Labels count up from 0, 1 or A, with small gaps allowed (0, 1, 3). Lists with one item per line come first, then
    rows of tables, then lists within a line, which must have at least three items unless a question mark or a colon
    precedes them or the question `is_told` to be a multiple choice: in running text "1." and "2." may mean anything.
    Lower-case letters, Roman numbers and labels without a mark come last, and lists of four lines from any number. Of
    several lists of one style the last wins, for options follow the text they are about, unless another one is more
    than twice as long.
    """
    plain = flatten(text)
    for style in STYLES:
        chain = _main_chain(find_marks(style, plain))
        if chain is None:
            continue
        marks = chain.marks()
        # "Title A: ..., Title B: ..." are two titles.
        is_header = style.name == "inline" and marks[0].style.endswith(":")
        may_be_two = is_told and style.name != "unmarked"
        is_announced = marks[0].opens_list or (not is_header and (may_be_two or _is_asked(plain, marks, style)))
        is_scattered = style.name == "unmarked" and "\n" in plain[marks[0].start : marks[-1].start]
        if not is_scattered and len(marks) >= (style.fewest_told if is_announced else style.fewest):
            return _cut(text, marks, style)
    return _find_in(text, STYLES[0], _FEWEST_FROM_ANY, _HIGHEST_FIRST)


def _find_in(text: str, style: Style, fewest: int, highest_first: int = 1) -> Listing | None:
    """Return the main list of one style with `fewest` items, its first number at most `highest_first` ("11. flour")."""
    chain = _main_chain(find_marks(style, flatten(text)), highest_first)
    return _cut(text, chain.marks(), style) if chain and chain.length >= fewest else None


def _is_asked(text: str, marks: list[Mark], style: Style) -> bool:
    """Return whether a question's options follow it on its line: after its mark, or at the end of the text."""
    before = text[: marks[0].start].rstrip()
    if style.name == "unmarked" and before.endswith((":", "?")):
        return True
    is_last = not text[_end_of_last(text, marks[-1].text_start, style) :].strip()
    return style.name == "inline" and (before.endswith("?") or ("?" in before and is_last))


def find_unlabelled(text: str) -> Listing | None:
    """Return the options of a multiple choice that have no labels or unmarked ones within a line ("1 bag 2 box").

    Those without labels are counted from 0: the last bulleted list.
    """
    return _find_bullets(text) or _find_in(text, STYLES[-1], _FEWEST_UNMARKED)


def _find_bullets(text: str) -> Listing | None:
    items: list[re.Match[str]] = []
    for item in _BULLET.finditer(text):
        follows = bool(items) and not text[items[-1].end() : item.start()].strip()
        items = [*items[1 - _MOST_BULLETS :], item] if follows else [item]
    if len(items) < _FEWEST_BULLETS:
        return None
    labels = tuple(map(str, range(len(items))))
    return Listing(labels, tuple(item["text"].strip() for item in items), items[0].start(), items[-1].end())


def _main_chain(marks: Iterator[Mark], highest_first: int = 1) -> _Chain | None:
    ends: dict[tuple[str, int], _Chain] = {}
    longest: _Chain | None = None
    last: _Chain | None = None
    for mark in marks:
        chain = _extend(ends, mark, highest_first)
        key = (mark.style, mark.value)
        if chain is None or _is_kept(ends.get(key), chain):
            continue
        ends[key] = chain
        longest = chain if longest is None or chain.length >= longest.length else longest
        last = chain if chain.length > 1 else last
    return last if last and longest and 2 * last.length >= longest.length else longest


def _extend(ends: dict[tuple[str, int], _Chain], mark: Mark, highest_first: int) -> _Chain | None:
    """Return the longest chain that `mark` continues, a new one if it may open a list, else None."""
    longest: _Chain | None = None
    for gap in range(1, _LARGEST_GAP + 1):
        chain = ends.get((mark.style, mark.value - gap))
        if chain is not None and (longest is None or chain.length > longest.length):
            longest = chain
    if longest is not None and (mark.value > 1 or longest.mark.opens_list or not mark.opens_list):
        return _Chain(mark, longest.length + 1, longest)
    return _Chain(mark, 1, None) if mark.value <= highest_first else None


def _is_kept(known: _Chain | None, chain: _Chain) -> bool:
    """Return whether to keep the `known` chain with the same last value: numbers inside an item start no new list."""
    if known is None:
        return False
    if chain.length == known.length == 1:
        return known.mark.opens_list and not chain.mark.opens_list
    return known.length > chain.length or known.previous is chain.previous


def _cut(text: str, marks: list[Mark], style: Style) -> Listing:
    closing = _CLOSING.get(text[max(0, marks[0].start - 1) : marks[0].start], "")
    closed = text.find(closing, marks[-1].text_start) if closing else -1
    end = closed if closed >= 0 else _end_of_last(text, marks[-1].text_start, style)
    ends = [*(after.start for _, after in pairwise(marks)), end]
    texts = [_tidy(text[mark.text_start : end], style) for mark, end in zip(marks, ends, strict=True)]
    return Listing(tuple(mark.label for mark in marks), tuple(texts), marks[0].start, ends[-1])


def _tidy(item: str, style: Style) -> str:
    item = item.strip()
    match style.name:
        case "row":
            return item.rstrip("| \t").strip()
        case "inline" | "small inline" | "circled" | "unmarked":
            return item.rstrip(_SEPARATORS).rstrip()
        case _:
            return item


def _end_of_last(text: str, start: int, style: Style) -> int:
    # Within a line, the next sentence ends a list.
    end = _END_OF_SENTENCE if style.name in {"inline", "small inline", "unmarked"} else _END_OF_LINE
    found = end.search(text, start)
    return found.end() if found else len(text)

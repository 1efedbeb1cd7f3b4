"""Lists in a question: options, candidates or products, each behind its label."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from shopbench_plugin.language.numerals import narrow

_LARGEST_GAP: Final = 3

# A label at the start of a line, or behind a header on the same line ("Products: 0. ...", "Options: (A) ..."). Behind
# a header a blank must follow, or "2. Size: 2.5 inches" would be a list; at the start "1.size" is common.
_LINE_LABEL: Final = re.compile(
    r"^(?P<header>(?![A-Z][.):\]])[^\W\d][^\n:]{0,60}:(?=[ \t]*[(\[]?\w{1,3}[.)\]:]\s))?"
    r"[ \t]*(?P<bracket>[(\[]?)(?P<label>\d{1,3}|[A-Z])(?P<mark>[.)\]]|:(?!\d)|[ ][-–—](?=[ ]))",
    re.MULTILINE,
)
# A label in running text: "... 0. kit 1. toy 2. craft".
_INLINE_LABEL: Final = re.compile(r"(?<=\s)(?P<bracket>[(\[]?)(?P<label>\d{1,2}|[A-Z])(?P<mark>[.)\]:])(?=\s)")
# A label inside a JSON or Python list of strings: ["A: ...", "B: ..."].
_QUOTED_LABEL: Final = re.compile(r"[\[,]\s*[\"'](?P<bracket>)(?P<label>\d{1,2}|[A-Z])(?P<mark>:|\.|\))\s")
# A lower-case letter at the start of a line.
_SMALL_LABEL: Final = re.compile(r"^[ \t]*(?P<bracket>[(\[]?)(?P<label>[a-z])(?P<mark>[.)\]:])(?=\s)", re.MULTILINE)
_BULLET: Final = re.compile(r"^[ \t]*[-–*•・][ \t]+(?P<text>[^\n]+)", re.MULTILINE)
_FEWEST_BULLETS: Final = 2
_MOST_BULLETS: Final = 10
# The end of a header that announces a list.
_LIST_HEADER: Final = re.compile(
    r"(?:lists?|options?|products|items|snippets|candidates|choices|aspects|keywords|queries|titles|liste|optionen"
    r"|produkte|kandidaten|lista|opciones|productos|aspectos|liste d.aspects|produits|candidats|elenco|opzioni"
    r"|prodotti|aspetti|リスト|一覧|選択肢|候補|商品)\s*:\Z",
    re.IGNORECASE,
)
_HEADER_REACH: Final = 40
# How labels are written, the surest way first, and how many items make a list.
_PATTERNS: Final = (
    (_LINE_LABEL, 2),
    (_QUOTED_LABEL, 2),
    (_INLINE_LABEL, 3),
    (_SMALL_LABEL, 3),
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A labelled list; `start` and `end` say where in the question it stands.

    `labels` are spelled as in the question but for leading zeros ("0", "15", "B"; "1" for "01"), since the evaluator
    reads numbers. `texts` are the items behind them, one line or several.
    """

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    start: int
    end: int


class _Mark(NamedTuple):
    """One possible label: its ordinal value, what style it is written in, and where label and text begin."""

    label: str
    value: int
    style: str
    start: int
    text_start: int
    opens_list: bool


class _Chain(NamedTuple):
    """A run of marks with rising values, kept as a linked list so that growing one is a constant step."""

    mark: _Mark
    length: int
    previous: "_Chain | None"

    def marks(self) -> list[_Mark]:
        found: list[_Mark] = []
        link: _Chain | None = self
        while link is not None:
            found.append(link.mark)
            link = link.previous
        return found[::-1]


# Routing and prompting each look for the list of a question, several times over.
@lru_cache(maxsize=64)
def find_listing(text: str) -> Listing | None:
    """Return the list that a question is about, None where it holds none.

    Labels count up from 0, 1 or A, with small gaps allowed (0, 1, 3). Lists with one item a line come first, then
    lists of quoted strings, then lists within a line, which must have three items at least: in running text "1." and
    "2." may mean anything. Lower-case letters come last, three at least, each at the start of a line. Of several lists
    the last wins, for options follow the text they are about, unless another one is more than twice as long.
    """
    plain = narrow(text)
    for pattern, shortest in _PATTERNS:
        chain = _main_chain(_marks(pattern, plain))
        if chain is not None and chain.length >= shortest:
            return _cut(text, chain.marks(), pattern)
    return None


def find_bullets(text: str) -> Listing | None:
    """Return the last bulleted list of 2 to 10 items, its labels counted from 0 since it has none of its own."""
    items: list[re.Match[str]] = []
    for item in _BULLET.finditer(text):
        follows = bool(items) and not text[items[-1].end() : item.start()].strip()
        items = [*items[1 - _MOST_BULLETS :], item] if follows else [item]
    if len(items) < _FEWEST_BULLETS:
        return None
    labels = tuple(str(number) for number in range(len(items)))
    return Listing(labels, tuple(item["text"].strip() for item in items), items[0].start(), items[-1].end())


def _marks(pattern: re.Pattern[str], text: str) -> Iterator[_Mark]:
    for match in pattern.finditer(text):
        label = match["label"]
        is_number = label.isdigit()
        yield _Mark(
            label=str(int(label)) if is_number else label,
            value=int(label) if is_number else ord(label.upper()) - ord("A"),
            style=("number" if is_number else "letter") + match["mark"],
            start=match.start("bracket"),
            text_start=match.end(),
            opens_list=_follows_list_header(text, match.start("bracket")),
        )


def _follows_list_header(text: str, start: int) -> bool:
    reach = max(0, start - _HEADER_REACH)
    if ":" not in text[reach:start]:
        return False
    before = text[reach:start].rstrip()
    return before.endswith(":") and _LIST_HEADER.search(before) is not None


def _main_chain(marks: Iterator[_Mark]) -> _Chain | None:
    ends: dict[tuple[str, int], _Chain] = {}
    longest: _Chain | None = None
    last: _Chain | None = None
    for mark in marks:
        chain = _extend(ends, mark)
        key = (mark.style, mark.value)
        if chain is None or _is_kept(ends.get(key), chain):
            continue
        ends[key] = chain
        longest = chain if longest is None or chain.length >= longest.length else longest
        last = chain if chain.length > 1 else last
    return last if last and longest and 2 * last.length >= longest.length else longest


def _extend(ends: dict[tuple[str, int], _Chain], mark: _Mark) -> _Chain | None:
    """Return the longest chain that `mark` continues, a new one where it may open a list, else None."""
    longest: _Chain | None = None
    for gap in range(1, _LARGEST_GAP + 1):
        chain = ends.get((mark.style, mark.value - gap))
        if chain is not None and (longest is None or chain.length > longest.length):
            longest = chain
    if longest is not None and (mark.value > 1 or longest.mark.opens_list or not mark.opens_list):
        return _Chain(mark, longest.length + 1, longest)
    return _Chain(mark, 1, None) if mark.value <= 1 else None


def _is_kept(known: _Chain | None, chain: _Chain) -> bool:
    """Tell whether the `known` chain with the same last value stays: a numbered text inside an item is no new list."""
    if known is None:
        return False
    if chain.length == known.length == 1:
        return known.mark.opens_list and not chain.mark.opens_list
    return known.length > chain.length or known.previous is chain.previous


def _cut(text: str, marks: list[_Mark], pattern: re.Pattern[str]) -> Listing:
    ends = [after.start for _, after in pairwise(marks)] + [_end_of_last(text, marks[-1].text_start, pattern)]
    texts = [text[mark.text_start : end].strip() for mark, end in zip(marks, ends, strict=True)]
    if pattern is _QUOTED_LABEL:
        texts = [item.rstrip("[]\"', ") for item in texts]
    return Listing(tuple(mark.label for mark in marks), tuple(texts), marks[0].start, ends[-1])


def _end_of_last(text: str, start: int, pattern: re.Pattern[str]) -> int:
    closing = re.compile(r"[\"']\s*\]" if pattern is _QUOTED_LABEL else r"\n|$")
    found = closing.search(text, start)
    return found.end() if found else len(text)

"""Which parts of a question may be shortened when it is too long: its passages, never its options or instruction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shopbench_plugin.routing.layout import read_layout
from shopbench_plugin.routing.listings import Listing, find_listing

OMISSION = " [...] "
"""What stands in place of what was cut."""

_SHORTEST_PASSAGE = 200
_LONGEST_INSTRUCTION = 1_000


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a question, from character `start` up to `end`, that may lose its middle down to `shortest`."""

    start: int
    end: int
    shortest: int

    @property
    def length(self) -> int:
        """Characters in it."""
        return self.end - self.start

    def is_cut_at(self, level: int) -> bool:
        """Tell whether `shorten` cuts it at this level."""
        return self.length > max(level, self.shortest) + len(OMISSION)


def find_passages(text: str, *, keeps_list: bool) -> list[Passage]:
    """Return what the question is about (reviews, descriptions, quoted titles), in order and without overlaps.

    A list is what it is about, too, unless its items are what may be answered (`keeps_list`).
    """
    layout = read_layout(text)
    contents = [*(field.content for field in layout.fields), *(quote.content for quote in layout.quotes)]
    stretches = list(_around_listing(text))
    found = [_locate(text, content, stretch) for stretch in stretches for content in contents if content]
    if layout.listing and not keeps_list:
        found += _find_items(text, layout.listing)
    return _drop_overlaps(passage for passage in found if passage is not None)


def find_stretches(text: str, *, keeps_list: bool) -> list[Passage]:
    """Return all of the question but a list to keep, where its passages can't be told or aren't all that is long.

    The instruction stands at the ends of these stretches, so as many characters as it may have stay there.
    """
    stretches = _around_listing(text) if keeps_list else [(0, len(text))]
    return [Passage(start, end, _LONGEST_INSTRUCTION) for start, end in stretches]


def shorten(text: str, passages: Sequence[Passage], level: int) -> str:
    """Return `text` with every passage of more than `level` characters cut to about that many, at its middle."""
    pieces, done = [], 0
    for passage in passages:
        if passage.is_cut_at(level):
            kept = max(level, passage.shortest)
            head = (kept + 1) // 2
            pieces += [text[done : passage.start + head], OMISSION]
            done = passage.end - (kept - head)
    return "".join(pieces) + text[done:]


def _around_listing(text: str) -> Iterator[tuple[int, int]]:
    listing = find_listing(text)
    if listing is None:
        yield 0, len(text)
    else:
        yield 0, listing.start
        yield listing.end, len(text)


def _find_items(text: str, listing: Listing) -> Iterator[Passage | None]:
    start = listing.start
    for item in listing.texts:
        passage = _locate(text, item, (start, listing.end)) if item else None
        start = passage.end if passage else start
        yield passage


def _locate(text: str, content: str, stretch: tuple[int, int]) -> Passage | None:
    start = text.find(content, *stretch)
    return None if start < 0 else Passage(start, start + len(content), _SHORTEST_PASSAGE)


def _drop_overlaps(passages: Iterable[Passage]) -> list[Passage]:
    kept: list[Passage] = []
    for passage in sorted(passages, key=lambda one: (one.start, -one.end)):
        if not kept or passage.start >= kept[-1].end:
            kept.append(passage)
    return kept

"""Finds the parts of a long question that may be shortened: its passages, never its options or instruction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shopbench_plugin.core.layout import Listing
from shopbench_plugin.core.vocabulary import Routed
from shopbench_plugin.prompting.messages import defuse

OMISSION = " [...] "
"""The replacement for what was cut."""

_SHORTEST_PASSAGE = 200
_LONGEST_INSTRUCTION = 1_000


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters `start` up to `end` of a question, whose middle may be cut down to a length of `shortest`."""

    start: int
    end: int
    shortest: int

    @property
    def length(self) -> int:
        """Number of characters."""
        return self.end - self.start

    def is_cut_at(self, level: int) -> bool:
        """Return whether `shorten` cuts it at this level."""
        return self.length > max(level, self.shortest) + len(OMISSION)


def find_passages(text: str, routed: Routed) -> list[Passage]:
    """Return a question's material (reviews, descriptions, quoted titles), in order and without overlaps.

    A list is material too, unless its items are the possible answers.

    Args:
        text: the turn with the question.
        routed: the question.
    """
    layout = routed.layout
    contents = [*(field.content for field in layout.fields), *(quote.content for quote in layout.quotes)]
    place = _find_list(text, routed)
    found = [_locate(text, content, one) for one in _around(text, place) for content in contents if content]
    if layout.listing and place and not any(routed.answer_space.texts):
        found += _find_items(text, layout.listing, place)
    return _drop_overlaps(passage for passage in found if passage is not None)


def find_stretches(text: str, routed: Routed) -> list[Passage]:
    """Return all of the turn except a list to keep, if its passages are unknown or aren't the only long parts.

    The instruction is at the ends of these stretches, so enough characters for it are kept there.
    """
    place = _find_list(text, routed) if any(routed.answer_space.texts) else None
    return [Passage(start, end, _LONGEST_INSTRUCTION) for start, end in _around(text, place)]


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


def _find_list(text: str, routed: Routed) -> tuple[int, int] | None:
    """Return start and end of the question's list in `text`, which has more text before it than the question."""
    listing = routed.layout.listing
    if listing is None:
        return None
    listed = defuse(routed.question.input_field[listing.start : listing.end])
    start = text.find(listed)
    return None if start < 0 else (start, start + len(listed))


def _around(text: str, place: tuple[int, int] | None) -> list[tuple[int, int]]:
    return [(0, len(text))] if place is None else [(0, place[0]), (place[1], len(text))]


def _find_items(text: str, listing: Listing, place: tuple[int, int]) -> Iterator[Passage | None]:
    start, end = place
    for item in listing.texts:
        passage = _locate(text, item, (start, end)) if item else None
        start = passage.end if passage else start
        yield passage


def _locate(text: str, content: str, stretch: tuple[int, int]) -> Passage | None:
    content = defuse(content)
    start = text.find(content, *stretch)
    return None if start < 0 else Passage(start, start + len(content), _SHORTEST_PASSAGE)


def _drop_overlaps(passages: Iterable[Passage]) -> list[Passage]:
    kept: list[Passage] = []
    for passage in sorted(passages, key=lambda one: (one.start, -one.end)):
        if not kept or passage.start >= kept[-1].end:
            kept.append(passage)
    return kept

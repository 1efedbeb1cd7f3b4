"""A text in clauses, and what each says of the options that it mentions: chosen, excluded, or only spoken of."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shopbench_plugin.postprocess.mentions import Mention
from shopbench_plugin.postprocess.spoken import AND, BECAUSE, BUT, CONCLUSION, HEDGE, NOT, OPTION, REFUSED

MASK: Final = "\0"
_BETWEEN: Final = re.compile(
    rf"\b(?:between|zwischen|entre|tra|fra)\b[^.\n{MASK}]{{0,20}}{MASK}+\s*{AND}\s*(?:{OPTION}\s*)?{MASK}+",
    re.IGNORECASE,
)
_ARROW: Final = r"->|=>|→|➜|⇒"
# A comma within a row of mentions ("0, 2 or 3") parts no clauses.
_END: Final = re.compile(
    rf"[.!?。！？](?=\s|\Z|[^\x00-\x7f])|[;；\n。()—]|(?<!{MASK})[,，、]|[,，、](?!\s*(?:{AND}\s+)?(?:{NOT.pattern}\s+)?(?:{OPTION}\s*)?{MASK})"
    rf"|{BUT.pattern}|{BECAUSE.pattern}|(?<=ではなく)|{_ARROW}",
    re.IGNORECASE,
)
_POINTS_AT: Final = re.compile(rf"[:=]\s*[*(\[]*{MASK}+[\s*)\].!]*\Z")
_IS: Final = re.compile(rf"\b(?:it['’]?s|it is|that is|es ist|c'est|è|é|ist|lautet|it would be|would be)\s+{MASK}")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a text: what it mentions and doesn't exclude, what it excludes, and how much it concludes.

    `weight` is 2 for a conclusion, 1 for a statement, 0 for a reason, a question or a first thought.
    """

    chosen: tuple[Mention, ...]
    excluded: tuple[Mention, ...]
    weight: int


def read_clauses(said: str, mentions: Sequence[Mention]) -> list[Clause]:
    """Return the clauses of `said` that mention anything, in order."""
    masked = _mask(said, mentions)
    masked = _BETWEEN.sub(lambda place: " " * len(place.group()), masked)
    return [clause for start, end, opener in _parts(masked) if (clause := _read(masked, start, end, opener, mentions))]


def _mask(said: str, mentions: Sequence[Mention]) -> str:
    pieces, end = [], 0
    for mention in mentions:
        pieces += [said[end : mention.start], MASK * (mention.end - mention.start)]
        end = mention.end
    return "".join([*pieces, said[end:]])


def _parts(masked: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each clause begins and ends, and the word that opens it ("but", "because")."""
    start, opener = 0, ""
    for mark in _END.finditer(masked):
        yield start, mark.end() if mark.group() in {"?", "？"} else mark.start(), opener
        start, opener = mark.end(), mark.group().strip()
    yield start, len(masked), opener


def _read(masked: str, start: int, end: int, opener: str, mentions: Sequence[Mention]) -> Clause | None:
    inside = [
        mention
        for mention in mentions
        if start <= mention.start and mention.end <= end and masked[mention.start] == MASK
    ]
    if not inside:
        return None
    text = masked[start:end]
    excluded = tuple(mention for mention in inside if _is_excluded(text, mention.start - start, mention.end - start))
    chosen = tuple(mention for mention in inside if mention not in excluded)
    return Clause(chosen, excluded, _weigh(text, opener))


def _is_excluded(text: str, start: int, end: int) -> bool:
    """Tell whether a negation stands before a mention, or behind it as what is said of it."""
    before, behind = text[:start], text[end:]
    if NOT.search(before):
        return True
    negation = NOT.search(behind) or REFUSED.search(behind)
    return negation is not None and not _follows(behind[negation.end() :])


def _follows(rest: str) -> bool:
    """Tell whether the negation excludes what is mentioned behind it, not what stands before it."""
    return MASK in rest


def _weigh(text: str, opener: str) -> int:
    if text.rstrip().endswith(("?", "？")) or BECAUSE.fullmatch(opener):
        return 0
    if HEDGE.search(text) and not CONCLUSION.search(text):
        return 0
    concludes = (
        CONCLUSION.search(text)
        or _POINTS_AT.search(text)
        or _IS.search(text)
        or BUT.fullmatch(opener)
        or re.fullmatch(_ARROW, opener)
    )
    return 2 if concludes else 1

"""A text in clauses, and what each does with the options that it mentions: choose, exclude, or only mention them."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shopbench_plugin.language.phrases import MASK, one_of
from shopbench_plugin.language.reading import gather
from shopbench_plugin.postprocess.mentions import Mention
from shopbench_plugin.postprocess.spoken import (
    AND,
    ANSWERS,
    ARTICLES,
    BECAUSE,
    BUT,
    CONCLUSION,
    HEDGE,
    IS,
    NOT,
    OPTION,
    REFUSED,
)

_BETWEEN_WORDS: Final = one_of(lambda language: language.speech.between)
_BETWEEN: Final = re.compile(
    rf"\b{_BETWEEN_WORDS}\b[^.\n{MASK}]{{0,20}}{MASK}+(?:\s{MASK}+)?\s*{AND}\s*(?:{OPTION}\s*)?{MASK}+(?:\s{MASK}+)?",
    re.IGNORECASE,
)
_ARROWS: Final = ("->", "=>", "→", "➜", "⇒", "=", ":")
_ARROW: Final = rf"(?:{'|'.join(_ARROWS[:-1])})(?=\s*{MASK})|:(?=[\s*]*{MASK}+[\s.!*)]*\Z)"
# A comma within a row of mentions ("0, 2 or 3") doesn't separate clauses.
_NEXT_MENTION: Final = rf"\s*(?:{AND}\s+)?(?:(?:{NOT.pattern})\s+)?(?:{ARTICLES}\s+)?(?:{OPTION}\s*)?{MASK}"
_BEHIND_EXCLUDED: Final = "".join(f"|(?<={word})" for word in gather(lambda language: language.speech.rather))
_END: Final = re.compile(
    rf"[.!?。！？](?=\s|\Z|[^\x00-\x7f])|[;；\n。)—]|\((?!(?:{NOT.pattern}))|(?<!{MASK})[,，、]|[,，、](?!{_NEXT_MENTION})"
    rf"|(?:{BUT.pattern})(?:\s?[,，])?|{BECAUSE.pattern}{_BEHIND_EXCLUDED}|{_ARROW}",
    re.IGNORECASE,
)
_POINTS_AT: Final = re.compile(rf"[:=]\s*[*(\[]*{MASK}+[\s*)\].!]*\Z")
_IT_IS: Final = one_of(lambda language: language.speech.it_is)
_IS: Final = re.compile(
    rf"\b{_IT_IS}\s+(?:{ARTICLES}\s+)?{MASK}|{MASK}[)\]*]*\s+{_IT_IS}(?=\s*(?:[.!,;]|\Z))", re.IGNORECASE
)
_ANSWER: Final = re.compile(rf"\b{ANSWERS}\s*[:=]", re.IGNORECASE)
_PREDICATE: Final = re.compile(rf"{MASK}\s+{IS}\b", re.IGNORECASE)
_DENIED_ROW: Final = re.compile(rf"(?:\A|[.!?\n]\s*)(?:{NOT.pattern})[^.!?;\n]*[,，]\Z", re.IGNORECASE)
"""What is excluded before a subject: "Unlike 1 and 2, 0 is right"."""
_NEXT_SUBJECT: Final = re.compile(
    rf"(?:[,，]\s*|\s)(?:{AND}\s+)?(?=(?:{ARTICLES}\s+)?(?:{OPTION}\s*)?{MASK}+\s+{IS}\b)", re.IGNORECASE
)
"""What divides "0 is right and 1 is wrong"; "0 and 1 are right" has a single predicate."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a text: what it mentions without excluding it, what it excludes, and its weight.

    `weight` is 2 for a conclusion, 1 for a statement, 0 for a reason, a question or a tentative first idea.
    """

    chosen: tuple[Mention, ...]
    excluded: tuple[Mention, ...]
    weight: int


def read_clauses(said: str, mentions: Sequence[Mention]) -> list[Clause]:
    """Return the clauses of `said` that mention anything, in order."""
    masked = _mask(said, mentions)
    masked = _BETWEEN.sub(lambda place: " " * len(place.group()), masked)
    left = deque(mention for mention in mentions if masked[mention.start] == MASK)
    clauses = []
    head = ""
    for start, end, opener in _parts(masked):
        inside = []
        while left and left[0].end <= end:
            inside.append(left.popleft())
        if inside:
            clause = _read(masked[start:end], start, opener, inside, head if opener in _ARROWS else "")
            clauses.append(replace(clause, weight=2) if _ANSWER.match(said, inside[0].start) else clause)
        head = masked[start:end]
    return clauses


def _mask(said: str, mentions: Sequence[Mention]) -> str:
    pieces, end = [], 0
    for mention in mentions:
        pieces += [said[end : mention.start], MASK * (mention.end - mention.start)]
        end = mention.end
    return "".join([*pieces, said[end:]])


def _parts(masked: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each clause begins and ends, and the word that opens it ("but", "because")."""
    start, opener = 0, ""
    subjects = [mark for mark in _NEXT_SUBJECT.finditer(masked) if _follows_predicate(masked, mark.start())]
    for mark in sorted([*_END.finditer(masked), *subjects], key=re.Match.start):
        if mark.start() < start:
            continue
        yield start, mark.end() if mark.group() in {"?", "？"} else mark.start(), opener
        opener = opener if mark.re is _NEXT_SUBJECT else mark.group().strip(" ,，")
        start = mark.end()
    yield start, len(masked), opener


def _follows_predicate(masked: str, place: int) -> bool:
    last = masked.rfind(MASK, 0, place)
    return last >= 0 and (_PREDICATE.match(masked, last, place) or _DENIED_ROW.search(masked, 0, place + 1)) is not None


def _read(text: str, start: int, opener: str, inside: Sequence[Mention], head: str) -> Clause:
    excluded = tuple(_excluded(text, start, inside))
    chosen = tuple(mention for mention in inside if mention not in excluded)
    return Clause(chosen, excluded, 0 if _is_hedged(head) else _weigh(text, opener))


def _excluded(text: str, start: int, inside: Sequence[Mention]) -> Iterator[Mention]:
    """Yield the mentions that a negation precedes, or that a predicate after them denies.

    A negation that another mention follows excludes that one, not those before it.
    """
    negations = [place.span() for place in NOT.finditer(text)]
    last_mention = text.rfind(MASK)
    denials = [begin for begin, end in negations if end > last_mention]
    refused = [place.start() for place in REFUSED.finditer(text)]
    denials += [len(text) for place in refused if not text[:place].strip(" -*")]
    denials += [place for place in refused if place > last_mention]
    for mention in inside:
        is_behind = negations and negations[0][1] <= mention.start - start
        if is_behind or (denials and max(denials) >= mention.end - start):
            yield mention


def _is_hedged(text: str) -> bool:
    return HEDGE.search(text) is not None and not CONCLUSION.search(HEDGE.sub(" ", text))


def _weigh(text: str, opener: str) -> int:
    if text.rstrip().endswith(("?", "？")) or BECAUSE.fullmatch(opener):
        return 0
    if _is_hedged(text):
        return 0
    concludes = (
        CONCLUSION.search(text)
        or _POINTS_AT.search(text)
        or _IS.search(text)
        or BUT.fullmatch(opener)
        or opener in _ARROWS
    )
    return 2 if concludes else 1

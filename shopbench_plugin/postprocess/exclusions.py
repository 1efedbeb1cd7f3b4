"""How a text names items that it excludes: "not 2, 4", "3 and 5 don't fit", "all except 7"."""

import re
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.postprocess.mentions import find_label, find_mentions
from shopbench_plugin.postprocess.spoken import (
    AND,
    ARTICLES,
    BECAUSE,
    BUT,
    CONCLUSION,
    EVERYTHING,
    EXCEPT,
    NOT,
    OPTION,
)

_CLAUSE_END: Final = re.compile(
    rf"(?<=[.!?。;；\n|)])(?<!\d\.(?=\S))|(?<=\d:)|(?=[(（])|(?=[,、，]\s*(?:{NOT.pattern}|{CONCLUSION.pattern}))"
    rf"|(?={BECAUSE.pattern}|{BUT.pattern}|\b{AND} (?:{NOT.pattern}))",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|\Z)|[。;；\n]")
_NUMBER: Final = re.compile(r"\d+")
_DENIED_FIRST: Final = re.compile(rf"\W*(?:{NOT.pattern})\s+(?:{ARTICLES}\s+)?(?:{OPTION}\s*)?#?\d", re.IGNORECASE)
_REST_NAMED: Final = re.compile(rf"(?:{EVERYTHING.pattern})\s*\([^()\n]{{1,80}}\)", re.IGNORECASE)
_ASIDE: Final = re.compile(r"\([^()\n]{4,200}\)")
_WORD: Final = re.compile(r"[^\W\d]{2,}")
_FEW_WORDS: Final = 6


def drop_excluded(said: str, space: AnswerSpace) -> str:
    """Return `said` without clauses that exclude, and without remarks in brackets that name other items.

    A ranking orders all items, so nothing is dropped from one. An item's own text may deny ("does not leak").
    """
    if space.wants_all:
        return _ASIDE.sub(" ", said)
    masked = EXCEPT.sub(lambda place: "\1" * len(place.group()), _mask_texts(said, space))
    masked = _REST_NAMED.sub(lambda place: place.group().replace("(", " ").replace(")", " "), masked)
    kept, start = [], 0
    for end in [*(mark.start() for mark in _CLAUSE_END.finditer(masked)), len(masked)]:
        if "\1" not in masked[start:end] and not NOT.search(masked[start:end]):
            kept.append(said[start:end])
        start = end
    return _ASIDE.sub(" ", "".join(kept))


def read_exception(said: str, space: AnswerSpace) -> list[str]:
    """Read "all except 2 and 4", "not 2 or 4; the rest fits": the items not named, if nothing else is named."""
    if space.wants_all:
        return []
    place = EXCEPT.search(said)
    if place:
        start = max((end.end() for end in _SENTENCE_END.finditer(said, 0, place.start())), default=0)
        end = _SENTENCE_END.search(said, place.end())
        sentence = said[start : end.start() if end else len(said)]
        before, behind = sentence[: place.start() - start], sentence[place.end() - start :]
        rest = f"{said[:start]} {said[end.end() :] if end else ''}"
        if _named(rest, space) or (_named(before, space) and _named(behind, space)):
            return []
    elif not (EVERYTHING.search(said) or _DENIED_FIRST.match(said)) or _named(drop_excluded(said, space), space):
        return []
    named = _named(said, space)
    return [label for label in space.labels if label not in named] if named else []


def _named(text: str, space: AnswerSpace) -> set[str]:
    numbers = (find_label(number, space) for number in _NUMBER.findall(text))
    return {mention.label for mention in find_mentions(text, space)} | set(filter(None, numbers))


def read_everything(said: str, space: AnswerSpace) -> list[str]:
    """Read "all of them" if the text has only a few words."""
    return list(space.labels) if len(_WORD.findall(said)) <= _FEW_WORDS and EVERYTHING.search(said) else []


def _mask_texts(said: str, space: AnswerSpace) -> str:
    for text in space.texts:
        if len(text) > 1 and NOT.search(text):
            said = re.sub(re.escape(text), lambda place: "\0" * len(place.group()), said, flags=re.IGNORECASE)
    return said

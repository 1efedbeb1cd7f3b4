"""What a text says of items that it leaves out: "not 2, 4", "3 and 5 don't fit", "except 7"."""

import re
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.postprocess.spoken import NOT

_CLAUSE_END: Final = re.compile(
    rf"(?<=[.!?。;；\n:)])(?<!\d\.(?=\S))|(?=[(（])|(?=[,、，]\s*(?:{NOT.pattern}))"
    r"|(?=\b(?:but|aber|pero|mais|ma|mas|and not)\b)",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d+")
_ASIDE: Final = re.compile(r"\([^()\n]*\d[^()\n]*[^\W\d]{2,}[^()\n]*[^\W\d]{2,}[^()\n]*\)")


def drop_excluded(said: str, space: AnswerSpace) -> str:
    """Return `said` without clauses that exclude, and without remarks in brackets that name other items.

    A ranking orders all items, so nothing is dropped from one. An item's own text may deny ("does not leak").
    """
    if space.count == len(space.labels):
        return said
    masked = _mask_texts(said, space)
    kept, start = [], 0
    for end in [*(mark.start() for mark in _CLAUSE_END.finditer(masked)), len(masked)]:
        if not NOT.search(masked[start:end]):
            kept.append(said[start:end])
        start = end
    text = "".join(kept)
    rest = _ASIDE.sub(" ", text)
    return rest if len(_NUMBER.findall(rest)) >= min(2, space.labels_wanted) else text


def _mask_texts(said: str, space: AnswerSpace) -> str:
    for text in space.texts:
        if len(text) > 1 and NOT.search(text):
            said = re.sub(re.escape(text), lambda place: "\0" * len(place.group()), said, flags=re.IGNORECASE)
    return said

"""Items that a text names by some of their words: "toddler helmet" for "Toddler helmet with knee pads"."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.postprocess.spoken import AND

_PART: Final = re.compile(rf"[,;><\n、，→≻|]|->|\b{AND}\b|\d+[.)]\s", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+")
_MOST_PARTS: Final = 50
_MOST_WORDS: Final = 12
_FEWEST: Final = 2


def texts_alike(text: str, space: AnswerSpace) -> list[str]:
    """Return the labels of the items that the parts of `text` name, in order; empty for fewer than two.

    A part names the item with most of its words, and a rare word counts more. A tie goes to the item with the words in
    the same order. No item is named twice. If one is asked for, a single one counts, which needs more than one word.
    """
    items = [_words(item) for item in space.texts]
    common = Counter(word for words in items for word in set(words))
    found: list[str] = []
    for part in _PART.split(text)[:_MOST_PARTS]:
        words = _words(part)[-_MOST_WORDS:]
        likenesses = [
            0.0 if label in found else _likeness(words, item, common)
            for label, item in zip(space.labels, items, strict=False)
        ]
        if words and max(likenesses, default=0.0) > (space.count == 1):
            found.append(space.labels[likenesses.index(max(likenesses))])
    return found if len(found) == space.count or len(found) >= _FEWEST else []


def _words(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text.casefold())]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word  # noqa: PLR2004  "bus" and "gas" stay


def _likeness(words: Sequence[str], item: Sequence[str], common: Counter[str]) -> float:
    shared = sum(1 / common[word] for word in set(words) & set(item) if len(word) > 1)
    in_order = len(set(pairwise(words)) & set(pairwise(item)))
    return shared + in_order / 2

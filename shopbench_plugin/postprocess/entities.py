"""Any text -> a comma-separated list of entities."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from shopbench_plugin.postprocess.cleaning import drop_reasoning, unwrap
from shopbench_plugin.postprocess.spans import contains, first_words, longest_common_span

_SEPARATOR: Final = re.compile(r"[,;\n\r\t、，；|]")
_BULLET: Final = re.compile(r"^\s*(?:[-*•·]+|\d{1,2}[.)])\s+")
_EDGES: Final = " \t\n　.:!?()[]{}<>\"'`*“”„«»「」『』-–•\\"
_UNWANTED: Final = re.compile(r"[\[\]{}\"“”„«»「」『』\\]")
_BLANKS: Final = re.compile(r"\s+")
_MOST_ITEMS: Final = 50
_MOST_WORDS_UNQUOTED: Final = 4
_SHORTEST_SPAN: Final = 3


def list_entities(raw: str, passage: str | None) -> str:
    """Return the entities that `raw` names, parted by a comma and a blank, each once.

    Lists of any form are read (Python, JSON, bullets, lines). An entity that isn't in `passage` is replaced by the
    longest run of words that is; a longer one that shares nothing with it is chatter and dropped. Where nothing is
    left, the last word of the passage stands in: shoppers put the kind of product last.
    """
    entities: dict[str, str] = {}
    for item in islice(_items(unwrap(drop_reasoning(raw))), _MOST_ITEMS):
        entity = _tidy(item if passage is None else _quote(item, passage))
        if entity:
            entities.setdefault(entity.casefold(), entity)
    return ", ".join(entities.values()) or _last_word(passage)


def _items(text: str) -> Iterator[str]:
    for piece in _SEPARATOR.split(text):
        item = _tidy(_BULLET.sub("", piece).rpartition(":")[2])
        if item:
            yield item


def _tidy(text: str) -> str:
    """Return `text` on one line, without anything that an evaluator could take for a list's own signs."""
    plain = _BLANKS.sub(" ", _SEPARATOR.sub(" ", _UNWANTED.sub(" ", text.replace(":", " "))))
    return plain.strip(_EDGES)


def _quote(item: str, passage: str) -> str:
    if contains(passage, item):
        return item
    span = longest_common_span(item, passage)
    if len(span) >= _SHORTEST_SPAN:
        return span
    return item if len(item.split()) <= _MOST_WORDS_UNQUOTED else ""


def _last_word(passage: str | None) -> str:
    words = _tidy(passage or "").split()
    return first_words(words[-1], 1) if words else ""

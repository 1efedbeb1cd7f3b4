"""Any text -> a comma-separated list of entities."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from shopbench_plugin.core.vocabulary import CHARACTERS_READ
from shopbench_plugin.core.words import closing_mark, find_words
from shopbench_plugin.postprocess.cleaning import NO_ANSWER, drop_reasoning, keep_printable
from shopbench_plugin.postprocess.pieces import find_pieces, split_joined, values_of_json
from shopbench_plugin.postprocess.spans import contains, longest_common_span

_SEPARATOR: Final = re.compile(r"[,;\n\r\t、，；|]")
_BULLET: Final = re.compile(r"^\s*(?:[-*•·]+|\d{1,2}[.)])\s+")
_FIRST_NUMBER: Final = re.compile(r"\s*1[.)]\s")
_NEXT_NUMBER: Final = re.compile(r"\s(?=\d{1,2}[.)]\s)")
_EDGES: Final = " \t\n　.:!?()[]{}<>\"'`*“”„«»「」『』-–•"
_LIST_SIGNS: Final = re.compile(r"[\[\]{}\\]")
_ENDS: Final = re.compile(rf"{_SEPARATOR.pattern}|{_LIST_SIGNS.pattern}")
_BLANKS: Final = re.compile(r"\s+")
_SPACES: Final = re.compile(r"[^\S\n\r\t]+")
_JOINED_BY: Final = ", "
_MOST_ITEMS: Final = 50
_SHORTEST_SPAN: Final = 3
_LONGEST_WORD: Final = 1_000
_LONGEST_SPACELESS: Final = 60


def list_entities(raw: str, query: str | None, question: str) -> str:
    """Return the entities that `raw` names, separated by a comma and a blank, without duplicates.

    Lists of any form are read (Python, JSON, bullets, lines, "red and blue"), and sentences. An entity that isn't in
    `query` is replaced by the longest run of words that is, up to a comma, and dropped if there is none of three
    characters: entities are the shopper's own words, except for the width of blanks. If nothing is left, the last word
    of the query is the fallback: shoppers put the kind of product last. If the query has no words, the whole question
    is used.
    """
    entities: dict[str, str] = {}
    query = None if query is None else _SPACES.sub(" ", keep_printable(query))
    said = drop_reasoning(keep_printable(raw))[:CHARACTERS_READ]
    said = _NEXT_NUMBER.sub("\n", said) if _FIRST_NUMBER.match(said) else said
    room = CHARACTERS_READ
    for entity in islice(_read(said, query, question), _MOST_ITEMS):
        if entity.casefold() not in entities and len(entity) + len(_JOINED_BY) <= room:
            entities[entity.casefold()] = entity
            room -= len(entity) + len(_JOINED_BY)
    return _JOINED_BY.join(entities.values()) or _last_word(query or "") or _last_word(question) or NO_ANSWER


def _read(said: str, query: str | None, question: str) -> Iterator[str]:
    """Yield the entities that are named, those of JSON unchanged, else those of the pieces of a text."""
    pieces = list(islice(filter(_tidy, _SEPARATOR.split(said)), _MOST_ITEMS))
    if query is None:
        yield from filter(None, map(_name, pieces))
        return
    if all(contains(query, _tidy(piece)) for piece in pieces):
        for piece in pieces:
            yield from split_joined(_find(piece, query), question)
        return
    listed = values_of_json(said, question)
    text = "\n".join(listed) if listed else said
    named = (part for piece in find_pieces(text, query, question) for part in filter(_tidy, _SEPARATOR.split(piece)))
    parts = list(islice(named, _MOST_ITEMS))
    is_named = [contains(query, _tidy(part)) or contains(query, _name(part)) for part in parts]
    for part, is_exact in zip(parts, is_named, strict=True):
        entity = _find(part, query)
        # Behind an exact entity, a part that shares few words with the query is a remark: "acme, known for shoes".
        if is_exact or not any(is_named) or len(find_words(part)) <= 2 * len(find_words(entity)) + 1:
            yield from filter(None, split_joined(entity, question))


def _tidy(text: str) -> str:
    """Return `text` without bullets, quotes, and list markers; tidying twice changes nothing."""
    text = _BLANKS.sub(" ", _LIST_SIGNS.sub(" ", _SEPARATOR.sub(" ", text)))
    while (inner := _BULLET.sub("", text).strip(_EDGES)) != text:
        text = inner
    return text


def _name(piece: str) -> str:
    """Return what follows the last colon: "brand: orvello" introduces an entity."""
    return _tidy(piece.rpartition(":")[2])


def _find(piece: str, query: str) -> str:
    for entity in (_tidy(piece), _name(piece)):
        if entity and contains(query, entity):
            return _with_marks(entity, piece.rstrip(), query)
    if len(spaceless := _name(piece).replace(" ", "")) <= _LONGEST_SPACELESS:
        found = _find_spaced(spaceless, query) if spaceless else None
        if found:
            return found
    span = drop_reasoning(longest_common_span(_name(piece), query))
    span = _name(max(_ENDS.split(span), key=len))
    return span if len(span) >= _SHORTEST_SPAN else ""


def _find_spaced(word: str, query: str) -> str | None:
    """Return the words of the query that equal `word` except for blanks: "470 ml" for "470ml"."""
    pattern = r"\s?".join(map(re.escape, word))
    found = re.search(rf"(?<!\w){pattern}(?!\w)", query, re.IGNORECASE)
    return _name(found.group()) if found else None


def _with_marks(entity: str, piece: str, query: str) -> str:
    """Return `entity` with a point before it (".88 mm") and a mark after it ('54"') if both texts have them."""
    pointed, mark = f".{entity}", piece[-1:]
    has_point = entity[0].isdigit() and pointed in piece and contains(query, pointed)
    places = re.finditer(re.escape(entity), query, re.IGNORECASE) if piece.endswith(entity + mark) else ()
    has_mark = any(closing_mark(query, place.end()) == mark for place in places)
    return "." * has_point + entity + mark * has_mark


def _last_word(text: str) -> str:
    words = find_words(_tidy(keep_printable(text)))
    return _name(words[-1].group()[:_LONGEST_WORD]) if words else ""

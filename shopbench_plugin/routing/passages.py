"""The text that an answer must be taken from."""

import re
from typing import Final

from shopbench_plugin.core.layout import Field, Layout, Quote
from shopbench_plugin.core.words import find_words
from shopbench_plugin.language.reading import alternatives, cue, gather
from shopbench_plugin.language.record import Language, Patterns
from shopbench_plugin.routing.cues import names_kind

_MOST_WORDS: Final = 20
_FEWEST_WORDS: Final = 4
"""A quote of this many words is not the name of a kind of entity or an aspect."""


_REVIEWS: Final = tuple(map(str.casefold, gather(lambda one: one.headers.reviews)))
EXCERPT_SOURCES: Final = (*_REVIEWS, *map(str.casefold, gather(lambda one: one.headers.texts)))
"""The names of the material that a phrase is copied from, as in `Layout`, the likeliest first."""
QUERY_AND_TITLE: Final = tuple(
    map(str.casefold, (*gather(lambda one: one.headers.queries), *gather(lambda one: one.headers.titles)))
)
"""The names of queries and titles, likewise."""
ENTITY_SOURCES: Final = (*QUERY_AND_TITLE, *EXCERPT_SOURCES)
"""The names of the material that entities are found in, likewise."""


def _list_introductions(language: Language) -> Patterns:
    names = language.headers
    return (*names.reviews, *names.texts, *names.queries, *names.titles, *names.introductions, *names.within)


_INTRODUCTION: Final = re.compile(
    rf"{cue(_list_introductions)}(?:\s+(?:{alternatives(lambda one: one.headers.links)}))?\s*[:=]?\s*\Z", re.IGNORECASE
)
"""What introduces a quoted text: "the query '...'", "a user searched for '...'".

Other quotes may name what to find ("the entity type 'color'"), and a wrong text is worse than none.
"""
_WITHIN: Final = re.compile(rf"\b(?:{'|'.join(gather(lambda one: one.headers.within))})\s?:?\s*\Z", re.IGNORECASE)
_INTRODUCED_BEHIND: Final = re.compile(rf"\s*(?:{'|'.join(gather(lambda one: one.headers.behind)) or r'(?!)'})")


def find_excerpt_source(layout: Layout) -> str | None:
    """Return the text to copy a phrase from: a review before any other text, else the longest quote."""
    return _first_of(layout, EXCERPT_SOURCES)


def find_entity_source(layout: Layout) -> str | None:
    """Return the text to find entities in: a query or title before any other text, else a quote."""
    return _first_of(layout, ENTITY_SOURCES)


def _first_of(layout: Layout, names: tuple[str, ...]) -> str | None:
    contents = {field.name: field.content for field in layout.fields}
    named = next((contents[name] for name in names if contents.get(name)), None)
    quoted = [quote.content for quote in layout.quotes if is_text(quote)]
    return named if named is not None else max(quoted, key=len, default=None)


def is_searched(quote: Quote) -> bool:
    """Return whether a quote is a text to find something in: "the brand in '...'", "the brand: '...'"."""
    return quote.before.rstrip().endswith((":", "->", "→")) or any(
        (_WITHIN.search(quote.before), _INTRODUCED_BEHIND.match(quote.behind))
    )


def is_line(field: Field) -> bool:
    """Return whether material is as short as a query or a title, and not a review."""
    return field.name not in _REVIEWS and "\n" not in field.content and len(find_words(field.content)) <= _MOST_WORDS


def is_kind(field: Field) -> bool:
    """Return whether material is only the name of what is to be found: "Attribute: size"."""
    is_named = field.name not in QUERY_AND_TITLE and names_kind(field.content)
    return is_named and len(find_words(field.content)) < _FEWEST_WORDS


def is_text(quote: Quote) -> bool:
    """Return whether a quote is a text to take answers from, not the name of what is to be found."""
    if len(find_words(quote.content)) >= _FEWEST_WORDS or _INTRODUCED_BEHIND.match(quote.behind):
        return True
    return _INTRODUCTION.search(quote.before) is not None

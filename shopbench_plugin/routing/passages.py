"""The text that an answer must be taken from."""

import re
from functools import cache
from typing import Final

from shopbench_plugin.core.layout import Field, Layout, Quote
from shopbench_plugin.core.words import find_words
from shopbench_plugin.language.reading import alternatives, cue, gather
from shopbench_plugin.language.record import Language, Patterns
from shopbench_plugin.routing.cues import names_kind

_MOST_WORDS: Final = 20
_FEWEST_WORDS: Final = 4
"""A quote of this many words is not the name of a kind of entity or an aspect."""


@cache
def excerpt_sources() -> tuple[str, ...]:
    """Return the names of the material that a phrase is copied from, as in `Layout`, the likeliest first."""
    return tuple(map(str.casefold, (*gather(lambda one: one.headers.reviews), *gather(lambda one: one.headers.texts))))


@cache
def query_and_title() -> tuple[str, ...]:
    """Return the names of queries and titles, as `read_layout` returns them, the likeliest first."""
    return tuple(map(str.casefold, (*gather(lambda one: one.headers.queries), *gather(lambda one: one.headers.titles))))


def entity_sources() -> tuple[str, ...]:
    """Return the names of the material that entities are found in, the likeliest first."""
    return (*query_and_title(), *excerpt_sources())


@cache
def _introduction() -> re.Pattern[str]:
    """Return what introduces a quoted text: "the query '...'", "a user searched for '...'".

    Other quotes may name what to find ("the entity type 'color'"), and a wrong text is worse than none.
    """

    def choose(language: Language) -> Patterns:
        names = language.headers
        return (*names.reviews, *names.texts, *names.queries, *names.titles, *names.introductions, *names.within)

    links = alternatives(lambda language: language.headers.links)
    return re.compile(rf"{cue(choose)}(?:\s+(?:{links}))?\s*[:=]?\s*\Z", re.IGNORECASE)


@cache
def _within() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(gather(lambda one: one.headers.within))})\s?:?\s*\Z", re.IGNORECASE)


@cache
def _introduced_behind() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:{'|'.join(gather(lambda one: one.headers.behind)) or r'(?!)'})")


def find_excerpt_source(layout: Layout) -> str | None:
    """Return the text to copy a phrase from: a review before any other text, else the longest quote."""
    return _first_of(layout, excerpt_sources())


def find_entity_source(layout: Layout) -> str | None:
    """Return the text to find entities in: a query or title before any other text, else a quote."""
    return _first_of(layout, entity_sources())


def _first_of(layout: Layout, names: tuple[str, ...]) -> str | None:
    contents = {field.name: field.content for field in layout.fields}
    named = next((contents[name] for name in names if contents.get(name)), None)
    quoted = [quote.content for quote in layout.quotes if is_text(quote)]
    return named if named is not None else max(quoted, key=len, default=None)


def is_searched(quote: Quote) -> bool:
    """Return whether a quote is a text to find something in: "the brand in '...'", "the brand: '...'"."""
    return quote.before.rstrip().endswith((":", "->", "→")) or any(
        (_within().search(quote.before), _introduced_behind().match(quote.behind))
    )


def is_line(field: Field) -> bool:
    """Return whether material is as short as a query or a title, and not a review."""
    is_review = field.name in map(str.casefold, gather(lambda one: one.headers.reviews))
    return not is_review and "\n" not in field.content and len(find_words(field.content)) <= _MOST_WORDS


def is_kind(field: Field) -> bool:
    """Return whether material is only the name of what is to be found: "Attribute: size"."""
    is_named = field.name not in query_and_title() and names_kind(field.content)
    return is_named and len(find_words(field.content)) < _FEWEST_WORDS


def is_text(quote: Quote) -> bool:
    """Return whether a quote is a text to take answers from, not the name of what is to be found."""
    if len(find_words(quote.content)) >= _FEWEST_WORDS or _introduced_behind().match(quote.behind):
        return True
    return _introduction().search(quote.before) is not None

"""Drawing contents without repeats, so that no text of one set occurs in another."""

from collections.abc import Callable
from random import Random
from typing import Protocol, TypeVar

from catalog import ENGLISH, LANGUAGES, Catalog
from contents import (
    Extraction,
    History,
    Listing,
    Pair,
    Passage,
    QueryTitle,
    Relation,
    Review,
    Together,
    draw_explanation,
    draw_extraction,
    draw_history,
    draw_keyphrase,
    draw_listing,
    draw_pair,
    draw_query_title,
    draw_review,
    draw_translation,
)

_ATTEMPTS = 10_000


class Content(Protocol):
    """Anything that a row can be about."""

    @property
    def key(self) -> str:
        """Return what makes this content itself."""
        ...


ContentType = TypeVar("ContentType", bound=Content)


class Draws:
    """Draws of every kind of content, each content once; `number` deals out levels, relations and languages evenly."""

    def __init__(self, catalog: Catalog, random: Random) -> None:
        """Start with nothing drawn."""
        self.catalog = catalog
        self.random = random
        self._keys: set[str] = set()

    def review(self, number: int) -> Review:
        """Return an English review."""
        return self._once(lambda: draw_review(self.catalog, self.random, ENGLISH, 1 + number % 5))

    def foreign_review(self, number: int) -> Review:
        """Return a review in another language than English."""
        language = LANGUAGES[number // 5 % len(LANGUAGES)]
        return self._once(lambda: draw_review(self.catalog, self.random, language, 1 + number % 5))

    def query_title(self, number: int) -> QueryTitle:
        """Return a query with a title."""
        return self._once(lambda: draw_query_title(self.catalog, self.random, list(Relation)[number % 4]))

    def listing(self, number: int) -> Listing:
        """Return a query with four titles to rank; every fifth with two or three."""
        length = 4 if number % 5 else 2 + number // 5 % 2
        return self._once(lambda: draw_listing(self.catalog, self.random, length))

    def pair(self, number: int) -> Pair:
        """Return two products."""
        return self._once(lambda: draw_pair(self.catalog, self.random, list(Together)[number % 3]))

    def history(self, number: int) -> History:
        """Return purchases with candidates for the next one."""
        return self._once(lambda: draw_history(self.catalog, self.random, number % len(self.catalog.products)))

    def extraction(self, number: int) -> Extraction:
        """Return a title with its attributes, in English two times of three."""
        language = ENGLISH if number % 3 else LANGUAGES[number // 3 % len(LANGUAGES)]
        return self._once(lambda: draw_extraction(self.catalog, self.random, language))

    def explanation(self, _number: int) -> Passage:
        """Return a product kind with what it is about."""
        return self._once(lambda: draw_explanation(self.catalog, self.random))

    def keyphrase(self, _number: int) -> Passage:
        """Return a review with the phrase on an aspect."""
        return self._once(lambda: draw_keyphrase(self.catalog, self.random))

    def translation(self, number: int) -> Passage:
        """Return a title with its translation."""
        language = LANGUAGES[number % len(LANGUAGES)]
        return self._once(lambda: draw_translation(self.catalog, self.random, language))

    def _once(self, draw: Callable[[], ContentType]) -> ContentType:
        for _ in range(_ATTEMPTS):
            content = draw()
            if content.key not in self._keys:
                self._keys.add(content.key)
                return content
        raise ValueError(f"nothing new in {_ATTEMPTS} draws: the catalog is too small for so many rows")

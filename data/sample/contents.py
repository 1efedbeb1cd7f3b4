"""What a row is about, before it is put into the form of ECInstruct or of a ShopBench question.

Each content has plain cues that a model of a million parameters can learn from a few thousand rows: phrases that
belong to one level or aspect alone, opening words that give a title's relation away, brands and colours from small
sets, candidates in the catalog's order. The same draws make training rows and held-out questions; `Draws` keeps the
two apart by `key`, which is what may occur in one set only.
"""

from dataclasses import dataclass
from enum import Enum
from itertools import repeat
from random import Random

from catalog import ENGLISH, Catalog, Product


class Relation(Enum):
    """How a product relates to a query; the value is the relevance weight that ShopBench gives it."""

    EXACT = 1
    SUBSTITUTE = 0.1
    COMPLEMENT = 0.01
    IRRELEVANT = 0


class Together(Enum):
    """How two products relate; the value is the place of the option that says so."""

    ALSO_BOUGHT = 0
    ALSO_VIEWED = 1
    SIMILAR = 2


@dataclass(frozen=True)
class Review:
    """A customer's opinion; `level` runs from 1, very negative, to 5, very positive."""

    language: str
    product: str
    level: int
    text: str

    @property
    def key(self) -> str:
        """Return what makes this content itself."""
        return self.text


@dataclass(frozen=True)
class QueryTitle:
    """A query with one product title."""

    query: str
    title: str
    relation: Relation

    @property
    def key(self) -> str:
        """Return what makes this content itself."""
        return self.title


@dataclass(frozen=True)
class Listing:
    """A query with two to four titles, no two of one relation."""

    query: str
    items: tuple[QueryTitle, ...]

    @property
    def key(self) -> str:
        """Return what makes this content itself."""
        return " | ".join(item.title for item in self.items)


@dataclass(frozen=True)
class Pair:
    """Two products and the way customers meet them."""

    first: str
    second: str
    together: Together

    @property
    def key(self) -> str:
        """Return what makes this content itself."""
        return f"{self.first} | {self.second}"


@dataclass(frozen=True)
class History:
    """What a user bought, and candidates, one from each department, of which `answer` is the next."""

    bought: tuple[str, ...]
    candidates: tuple[str, ...]
    answer: int

    @property
    def key(self) -> str:
        """Return what makes this content itself."""
        return " | ".join(self.bought)


@dataclass(frozen=True)
class Extraction:
    """A title with the value of each attribute; None where the title doesn't tell it."""

    title: str
    values: dict[str, str | None]

    @property
    def key(self) -> str:
        """Return what makes this content itself."""
        return self.title


@dataclass(frozen=True)
class Passage:
    """A question about a text with its answer; `topic` says what kind: "explain", "keyphrase", "translate"."""

    topic: str
    subject: str
    text: str
    answer: str

    @property
    def key(self) -> str:
        """Return what makes this content itself."""
        return self.text


def draw_review(catalog: Catalog, random: Random, language: str, level: int) -> Review:
    """Draw a review of two phrases of its level, and, in English, a neutral sentence between them."""
    first, second = random.sample(catalog.opinions[language][level], 2)
    product = random.choice(catalog.translated_products)
    name = product.names[language]
    brand = random.choice(catalog.brands)
    if language == ENGLISH:
        middle = random.choice(
            [f"Bought the {name} in spring.", f"The {brand} {name} is for my sister.", f"It is a {name} by {brand}."]
        )
    else:
        middle = f"{brand} {name}."
    return Review(language, name, level, f"{_capitalize(first)}. {middle} {_capitalize(second)}.")


def draw_title(catalog: Catalog, random: Random, product: Product, relation: Relation) -> str:
    """Draw a product title that stands in `relation` to a query for `product`; its first word gives that away."""
    if relation is Relation.IRRELEVANT:
        other = random.choice([other for other in catalog.products if other != product])
        opening = f"{random.choice(catalog.materials).capitalize()} {other.name}"
    else:
        openings = {
            Relation.EXACT: catalog.exact,
            Relation.SUBSTITUTE: catalog.substitutes,
            Relation.COMPLEMENT: catalog.complements,
        }[relation]
        opening = random.choice(openings).format(name=product.name)
    size = f", {random.choice(catalog.sizes)}" if relation is Relation.EXACT else ""
    return f"{opening} {random.choice(catalog.brands)}{size}"


def draw_query_title(catalog: Catalog, random: Random, relation: Relation) -> QueryTitle:
    """Draw a query and a title that stands in `relation` to it."""
    product = random.choice(catalog.products)
    query = _draw_query(catalog, random, product)
    return QueryTitle(query, draw_title(catalog, random, product, relation), relation)


def draw_listing(catalog: Catalog, random: Random, length: int) -> Listing:
    """Draw a query with `length` titles of different relations in random order."""
    product = random.choice(catalog.products)
    query = _draw_query(catalog, random, product)
    relations = random.sample(list(Relation), length)
    titles = (draw_title(catalog, random, product, relation) for relation in relations)
    return Listing(query, tuple(map(QueryTitle, repeat(query), titles, relations)))


def draw_pair(catalog: Catalog, random: Random, together: Together) -> Pair:
    """Draw two products of which the second goes with the first, competes with it or stands in for it."""
    product = random.choice(catalog.products)
    relation = {
        Together.ALSO_BOUGHT: Relation.COMPLEMENT,
        Together.ALSO_VIEWED: Relation.EXACT,
        Together.SIMILAR: Relation.SUBSTITUTE,
    }[together]
    first = f"{random.choice(catalog.brands)} {product.name} {_draw_colour(catalog, random)}"
    return Pair(first, draw_title(catalog, random, product, relation), together)


def draw_history(catalog: Catalog, random: Random, answer: int) -> History:
    """Draw purchases of one product, and a follow-up of every product as candidates, in the catalog's order."""
    product = catalog.products[answer]
    bought = tuple(
        f"{random.choice(catalog.brands)} {product.name}, with {_draw_colour(catalog, random)} {product.name}"
        for _ in range(2)
    )
    return History(bought, tuple(random.choice(product.follow_ups) for product in catalog.products), answer)


def draw_extraction(catalog: Catalog, random: Random, language: str) -> Extraction:
    """Draw a title in a language with its brand, colour, product type and, in English, material."""
    brand = random.choice(catalog.brands)
    colour = _draw_colour(catalog, random, language)
    products = catalog.products if language == ENGLISH else catalog.translated_products
    name = random.choice(products).names[language]
    material = random.choice([*catalog.materials, None]) if language == ENGLISH else None
    title = " ".join(part for part in (random.choice(catalog.openings), material, name, brand, colour) if part)
    return Extraction(title, {"brand": brand, "product type": name, "colour": colour, "material": material})


def draw_explanation(catalog: Catalog, random: Random) -> Passage:
    """Draw a product kind with a sentence about what it is and what it does."""
    product = random.choice(catalog.products)
    material, colour = random.choice(catalog.materials), _draw_colour(catalog, random)
    return Passage(
        "explain",
        "",
        f"the {colour} {material} {product.name}",
        f"A product that {product.does}, made with {material}.",
    )


def draw_keyphrase(catalog: Catalog, random: Random) -> Passage:
    """Draw a review that covers an aspect, with the phrase on it."""
    aspect = random.choice(list(catalog.aspects))
    phrase = random.choice(catalog.aspects[aspect])
    text = f"The {random.choice(catalog.brands)} {random.choice(catalog.products).name}: {phrase}."
    return Passage("keyphrase", aspect, text, phrase)


def draw_translation(catalog: Catalog, random: Random, language: str) -> Passage:
    """Draw a product title with its counterpart in another language."""
    product = random.choice(catalog.translated_products)
    brand, colour, pack = random.choice(catalog.brands), random.choice(catalog.colours), random.choice(catalog.packs)
    title, translated = (
        f"{brand} {product.names[tongue]} {colour[tongue]}, {pack[tongue]}" for tongue in (ENGLISH, language)
    )
    return Passage("translate", language, title, translated)


def _draw_query(catalog: Catalog, random: Random, product: Product) -> str:
    return random.choice([product.name, f"{random.choice(catalog.materials)} {product.name}"])


def _draw_colour(catalog: Catalog, random: Random, language: str = ENGLISH) -> str:
    return random.choice(catalog.colours)[language]


def _capitalize(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]

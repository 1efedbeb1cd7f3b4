"""The text that an answer is to be taken from."""

import re
from typing import Final

from shopbench_plugin.core.words import find_words
from shopbench_plugin.routing.layout import Layout, Quote

_REVIEWS: Final = (
    *("review", "reviews", "rezension", "bewertung", "reseña", "opinión", "avis", "commentaire", "recensione"),
    "レビュー",
)
_TEXTS: Final = (
    *("text", "passage", "document", "sentence", "input", "description", "satz", "eingabe", "beschreibung", "texto"),
    *("frase", "entrada", "descripción", "texte", "phrase", "entrée", "testo", "descrizione"),
    *("文章", "文", "入力", "説明", "商品説明"),
)
_QUERIES: Final = (
    *("query", "queries", "search term", "search terms", "anfrage", "suchanfrage", "suchbegriff"),
    *("consulta", "búsqueda", "requête", "recherche", "ricerca"),
    *("クエリ", "検索クエリ", "検索語"),
)
_TITLES: Final = ("title", "titel", "título", "titre", "titolo", "タイトル", "商品名")

EXCERPT_SOURCES: Final = (*_REVIEWS, *_TEXTS)
"""Names of the material that a phrase is taken from, as `read_layout` gives them, the likeliest first."""

ENTITY_SOURCES: Final = (*_QUERIES, *_TITLES, *EXCERPT_SOURCES)
"""Names of the material that entities are found in, the likeliest first."""

# What introduces a quoted text: "the query '...'", "a user searched for '...'". Other quotes may name what is looked
# for ("the entity type 'color'"), and a few words too many here are worse than a text not found.
_INTRODUCTION: Final = re.compile(
    rf"(?:\b(?:{'|'.join(ENTITY_SOURCES)}|product|produkt|producto|produit|prodotto|search|searched|typed|typ(?:es|ing)"
    r"|enter(?:s|ed)|wr(?:ites|ote)|says|said|from|in|sucht\w*|aus|eingegeben|busc\w+|en|de|saisi|cherch\w+|dans|cerc\w+"
    r"|da)|クエリ|検索語|タイトル|商品名|レビュー)(?:\s+(?:for|nach|para|pour|per|is|was|ist|es|est|è))?\s*:?\s*\Z",
    re.IGNORECASE,
)
_INTRODUCED_BEHIND: Final = re.compile(r"\s*(?:という|と)?(?:クエリ|検索|タイトル|商品|レビュー)")
_FEWEST_WORDS: Final = 4
"""A quote of so many words names no kind of entity and no aspect."""


def find_excerpt_source(layout: Layout) -> str | None:
    """Return the text that a phrase is to be taken from: a review before any other text, else the longest quote."""
    return _first_of(layout, EXCERPT_SOURCES)


def find_entity_source(layout: Layout) -> str | None:
    """Return the text that entities are to be found in: a query or title before any other text, else a quote."""
    return _first_of(layout, ENTITY_SOURCES)


def _first_of(layout: Layout, names: tuple[str, ...]) -> str | None:
    contents = {field.name: field.content for field in reversed(layout.fields)}
    named = next((contents[name] for name in names if contents.get(name)), None)
    quoted = [quote.content for quote in layout.quotes if _is_text(quote)]
    return named if named is not None else max(quoted, key=len, default=None)


def _is_text(quote: Quote) -> bool:
    """Tell whether a quote is a text to take answers from, not the name of what is looked for."""
    if len(find_words(quote.content)) >= _FEWEST_WORDS or _INTRODUCED_BEHIND.match(quote.behind):
        return True
    return _INTRODUCTION.search(quote.before) is not None

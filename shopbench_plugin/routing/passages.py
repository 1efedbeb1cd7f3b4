"""The text that an answer is to be taken from."""

from typing import Final

from shopbench_plugin.routing.layout import Layout

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
    *("query", "queries", "anfrage", "suchanfrage", "consulta", "búsqueda", "requête", "recherche", "ricerca"),
    *("クエリ", "検索クエリ", "検索語"),
)
_TITLES: Final = ("title", "titel", "título", "titre", "titolo", "タイトル", "商品名")

EXCERPT_SOURCES: Final = (*_REVIEWS, *_TEXTS)
"""Names of the material that a phrase is taken from, as `read_layout` gives them, the likeliest first."""

ENTITY_SOURCES: Final = (*_QUERIES, *_TITLES, *EXCERPT_SOURCES)
"""Names of the material that entities are found in, the likeliest first."""


def find_excerpt_source(layout: Layout) -> str | None:
    """Return the text that a phrase is to be taken from: a review before any other text, else the longest quote."""
    return _first_of(layout, EXCERPT_SOURCES)


def find_entity_source(layout: Layout) -> str | None:
    """Return the text that entities are to be found in: a query or title before any other text, else a quote."""
    return _first_of(layout, ENTITY_SOURCES)


def _first_of(layout: Layout, names: tuple[str, ...]) -> str | None:
    contents = {field.name: field.content for field in reversed(layout.fields)}
    named = next((contents[name] for name in names if contents.get(name)), None)
    return named if named is not None else max(layout.quotes, key=len, default=None)

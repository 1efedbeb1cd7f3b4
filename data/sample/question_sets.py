"""The sample's questions in ShopBench's form: an evaluation set, and a development set for demonstrations."""

from typing import TYPE_CHECKING, Any

import shopbench
from contents import Extraction, QueryTitle
from draws import Draws

if TYPE_CHECKING:
    from collections.abc import Callable

# How many questions of each kind: the evaluation set, the development set.
_EVALUATION_SIZES = {
    "review": 30,
    "foreign_review": 25,
    "query_title": 24,
    "pair": 24,
    "history": 20,
    "listing": 20,
    "extraction": 24,
    "explanation": 16,
    "keyphrase": 20,
    "translation": 25,
}
DEVELOPMENT_SIZE = 3


def draw_evaluation_set(draws: Draws) -> list[dict[str, Any]]:
    """Return the held-out questions, task after task."""
    return [_draw_question(draws, kind, number) for kind, size in _EVALUATION_SIZES.items() for number in range(size)]


def draw_development_set(draws: Draws) -> list[dict[str, Any]]:
    """Return a few questions of each task of the evaluation set."""
    return [_draw_question(draws, kind, 3 * number) for kind in _EVALUATION_SIZES for number in range(DEVELOPMENT_SIZE)]


def _draw_question(draws: Draws, kind: str, number: int) -> dict[str, Any]:
    writers: dict[str, Callable[[Any], dict[str, Any]]] = {
        "review": shopbench.sentiment,
        "foreign_review": shopbench.sentiment,
        "query_title": lambda pair: _query_relation(draws, pair),
        "pair": shopbench.product_relation,
        "history": shopbench.recommendation,
        "listing": shopbench.product_rank,
        "extraction": lambda title: _extraction(draws, title),
        "explanation": shopbench.explanation,
        "keyphrase": shopbench.keyphrase,
        "translation": shopbench.translation,
    }
    return writers[kind](getattr(draws, kind)(number))


def _query_relation(draws: Draws, pair: QueryTitle) -> dict[str, Any]:
    order = draws.random.sample(shopbench.RELATIONS, len(shopbench.RELATIONS))
    return shopbench.query_relation(pair, tuple(order))


def _extraction(draws: Draws, content: Extraction) -> dict[str, Any]:
    told = [name for name, value in content.values.items() if value is not None]
    return shopbench.extraction(content, draws.random.choice(told))

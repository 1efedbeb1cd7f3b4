"""Contents in the form of ShopBench's questions: text, reference, task, type, metric and track.

Task names are those of the development set's tasks that ask the same; task19 is task15 in other languages than English.
"""

from dataclasses import dataclass
from typing import Any

from contents import Extraction, History, Listing, Pair, Passage, QueryTitle, Relation, Review
from ecinstruct import LANGUAGE_NAMES, TOGETHER

_TRACKS = {
    1: "amazon-kdd-cup-24-understanding-shopping-concepts",
    2: "amazon-kdd-cup-24-shopping-knowledge-reasoning",
    3: "amazon-kdd-cup-24-user-behavior-alignment",
    4: "amazon-kdd-cup-24-multi-lingual-abilities",
}
RELATIONS = ("irrelevant", "substitute", "complement", "narrowing")
_RELATION_OF = {
    Relation.IRRELEVANT: "irrelevant",
    Relation.SUBSTITUTE: "substitute",
    Relation.COMPLEMENT: "complement",
    Relation.EXACT: "narrowing",
}


@dataclass(frozen=True)
class _Task:
    name: str
    task_type: str
    metric: str
    track: str


_SENTIMENT = _Task("task15", "multiple-choice", "accuracy", _TRACKS[3])
_FOREIGN_SENTIMENT = _Task("task19", "multiple-choice", "accuracy", _TRACKS[4])
_QUERY_RELATION = _Task("task11", "multiple-choice", "accuracy", _TRACKS[3])
_PRODUCT_RELATION = _Task("task10", "multiple-choice", "accuracy", _TRACKS[2])
_PRODUCT_RANK = _Task("task12", "ranking", "ndcg", _TRACKS[3])
_RECOMMENDATION = _Task("task14", "retrieval", "hit rate@3", _TRACKS[3])
_EXTRACTION = _Task("task4", "named_entity_recognition", "micro f1", _TRACKS[1])
_EXPLANATION = _Task("task1", "generation", "sent-transformer", _TRACKS[1])
_KEYPHRASE = _Task("task6", "generation", "rougel", _TRACKS[1])


def sentiment(review: Review) -> dict[str, Any]:
    """Return task15, a rating from 1 to 5 without listed options; task19 where the review isn't English."""
    text = (
        "Instructions: Evaluate the product review on a scale of 1 to 5, "
        "where 1 is very negative and 5 is very positive.\n"
        f"Input: a review text for a(n) {review.product} product\n{review.text}\nOutput:\nAnswer: "
    )
    if review.language == "en":
        return _question(text, review.level, _SENTIMENT)
    return _question(text, review.level, _FOREIGN_SENTIMENT)


def query_relation(pair: QueryTitle, order: tuple[str, ...]) -> dict[str, Any]:
    """Return task11, the relation between queries, its options in the given order."""
    text = (
        "Which of the following statements best describes the relation "
        f'from query "{pair.query}" to query "{pair.title}"?\n'
        f"{_number(order, 0)}\nAnswer: "
    )
    answer = order.index(_RELATION_OF[pair.relation])
    return _question(text, answer, _QUERY_RELATION)


def product_relation(pair: Pair) -> dict[str, Any]:
    """Return task10, the way two products go together."""
    text = (
        "Which of the following statements best describes the relation between the two products?\n"
        f'Product 1: "{pair.first}"\nProduct 2: "{pair.second}"\n'
        f"{_number(TOGETHER, 0)}\nAnswer: "
    )
    return _question(text, pair.together.value, _PRODUCT_RELATION)


def product_rank(listing: Listing) -> dict[str, Any]:
    """Return task12, a ranking; the reference is the relevance of each item in list order."""
    text = (
        f"Given a query and products in a numbered list, rank the products according to their relevance with the query "
        f"'{listing.query}'.\nProduct List:\n{_number(tuple(item.title for item in listing.items), 1)}\n"
        f"Output a permutation of 1 to {len(listing.items)}, separated by commas, the best first. "
        "Only output the ranking.\nOutput: "
    )
    weights = [item.relation.value for item in listing.items]
    return _question(text, weights, _PRODUCT_RANK)


def recommendation(history: History) -> dict[str, Any]:
    """Return task14, the retrieval of what a user may also purchase from a list that starts at 0."""
    bought = "', '".join(history.bought)
    text = (
        f"A user has just purchased the products '{bought}'. Choose 3 products from the numbered list that the user "
        f"may also purchase.\nProduct List:\n{_number(history.candidates, 0)}\n"
        "You should output 3 numbers, separated by commas. Do not give explanations.\nOutput: "
    )
    return _question(text, [history.answer], _RECOMMENDATION)


def extraction(content: Extraction, attribute: str) -> dict[str, Any]:
    """Return task4, the phrases of a query that name an entity type."""
    text = (
        f"Please extract phrases from the query that correspond to the entity type '{attribute}'. Directly output the "
        f"entity; separate several with commas. Do not give explanations.\nQuery: {content.title}\nOutput: "
    )
    return _question(text, [content.values[attribute]], _EXTRACTION)


def explanation(passage: Passage) -> dict[str, Any]:
    """Return task1, what a product category is about."""
    text = f"Instructions: Explain what this product is about.\nInput: {passage.text}\nOutput: "
    return _question(text, passage.answer, _EXPLANATION)


def keyphrase(passage: Passage) -> dict[str, Any]:
    """Return task6, the phrase of a review that mentions an aspect."""
    text = (
        "Please extract the keyphrase from the review that mentions the given aspect. Do not give explanations.\n"
        f"Review: {passage.text}\nAspect: {passage.subject}\nOutput: "
    )
    return _question(text, passage.answer, _KEYPHRASE)


def translation(passage: Passage) -> dict[str, Any]:
    """Return task17, a product title in another language."""
    text = f"Translate the product title '{passage.text}' into {LANGUAGE_NAMES[passage.subject]}.\nOutput: "
    metric = "jp-bleu" if passage.subject == "ja" else "bleu"
    return _question(text, passage.answer, _Task("task17", "generation", metric, _TRACKS[4]))


def _number(texts: tuple[str, ...], first: int) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, start=first))


def _question(text: str, answer: object, task: _Task) -> dict[str, Any]:
    return {
        "input_field": text,
        "output_field": answer,
        "task_name": task.name,
        "task_type": task.task_type,
        "metric": task.metric,
        "is_multiple_choice": task.task_type == "multiple-choice",
        "track": task.track,
    }

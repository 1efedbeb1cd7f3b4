"""Contents in the form of ECInstruct's rows: ten tasks, each with its own schema of input, options and output."""

import json
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from contents import Extraction, History, Listing, Pair, Passage, QueryTitle, Relation, Review

_SENTIMENTS = ("very positive", "positive", "neutral", "negative", "very negative")
_RELATIONS = {
    Relation.EXACT: "exact match",
    Relation.SUBSTITUTE: "substitute",
    Relation.COMPLEMENT: "complement",
    Relation.IRRELEVANT: "irrelevant",
}
TOGETHER = ("often bought together", "often viewed together", "similar products")
_QUESTIONS = {
    "explain": "What is this product about?",
    "keyphrase": "Which keyphrase of the review mentions the aspect {subject}?",
    "translate": "What is the title when translated into {subject}?",
}
LANGUAGE_NAMES = {"de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "ja": "Japanese"}


@dataclass(frozen=True)
class Sample:
    """A row without its instruction, split and setting."""

    task: str
    input: str
    output: str
    options: str | None = None


def sentiment(review: Review) -> Sample:
    """Return a Sentiment_Analysis sample: the output is the whole option."""
    options = _label(_SENTIMENTS)
    return Sample("Sentiment_Analysis", review.text, options[5 - review.level], _dump(options))


def classification(pair: QueryTitle) -> Sample:
    """Return a Multiclass_Product_Classification sample: the output is the whole option."""
    options = _label(tuple(_RELATIONS.values()))
    answer = options[list(_RELATIONS).index(pair.relation)]
    text = _dump({"query": pair.query, "product title": pair.title})
    return Sample("Multiclass_Product_Classification", text, answer, _dump(options))


def product_relation(pair: Pair) -> Sample:
    """Return a Product_Relation_Prediction sample: the output is a bare letter."""
    text = _dump({"Product 1:": pair.first, "Product 2:": pair.second})
    return Sample("Product_Relation_Prediction", text, ascii_uppercase[pair.together.value], _dump(_label(TOGETHER)))


def recommendation(history: History) -> Sample:
    """Return a Sequential_Recommendation sample: input and options are Python literals, not JSON."""
    bought = [f"{_ordinal(number)}: {title}" for number, title in enumerate(history.bought, start=1)]
    return Sample(
        "Sequential_Recommendation", repr(bought), ascii_uppercase[history.answer], repr(_label(history.candidates))
    )


def product_rank(listing: Listing) -> Sample:
    """Return a Query_Product_Rank sample: the output is the letters, best first."""
    titles = tuple(item.title for item in listing.items)
    order = sorted(range(len(titles)), key=lambda place: -listing.items[place].relation.value)
    text = _dump({"query": listing.query, "product list": _label(titles)})
    return Sample("Query_Product_Rank", text, ",".join(ascii_uppercase[place] for place in order))


def extraction(content: Extraction, attributes: tuple[str, ...]) -> Sample:
    """Return an Attribute_Value_Extraction sample: an absent value is the string "None"."""
    text = _dump({"product title": content.title, "target attributes": " and ".join(attributes)})
    answer = [_attribute(name, content.values[name]) for name in attributes]
    return Sample("Attribute_Value_Extraction", text, _dump(answer))


def answer_generation(passage: Passage) -> Sample:
    """Return an Answer_Generation sample: free text."""
    text = _dump({"question": _ask(passage), "document": [passage.text]})
    return Sample("Answer_Generation", text, passage.answer)


def answerability(question: Passage, document: Passage) -> Sample:
    """Return an Answerability_Prediction sample: "yes" where the document is the question's own."""
    text = _dump({"question": _ask(question), "document": [document.text]})
    return Sample("Answerability_Prediction", text, "yes" if document == question else "no")


def substitute(pair: QueryTitle) -> Sample:
    """Return a Product_Substitute_Identification sample."""
    text = _dump({"query": pair.query, "product": pair.title})
    return Sample("Product_Substitute_Identification", text, "yes" if pair.relation is Relation.SUBSTITUTE else "no")


def matching(first: dict[str, Any], second: dict[str, Any], is_same: bool) -> Sample:
    """Return a Product_Matching sample; a missing price stands as NaN, a missing text as "nan"."""
    return Sample("Product_Matching", _dump({"product 1": first, "product 2": second}), "yes" if is_same else "no")


def row(sample: Sample, instruction: str, split: str, setting: str) -> dict[str, Any]:
    """Return the full row of a sample in ECInstruct's column order."""
    return {
        "instruction": instruction,
        "input": sample.input,
        "options": sample.options,
        "output": sample.output,
        "task": sample.task,
        "split": split,
        "setting": setting,
    }


def _ask(passage: Passage) -> str:
    return _QUESTIONS[passage.topic].format(subject=LANGUAGE_NAMES.get(passage.subject, passage.subject))


def _attribute(name: str, value: str | None) -> dict[str, str]:
    if value is None:
        return {"attribute": name, "value": "None", "source": "None"}
    return {"attribute": name, "value": value, "source": "product title"}


def _label(texts: tuple[str, ...]) -> list[str]:
    return [f"{letter}: {text}" for letter, text in zip(ascii_uppercase, texts, strict=False)]


def _ordinal(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

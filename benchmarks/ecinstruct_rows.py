"""Generated rows in ECInstruct's schema and size: every sample under several settings, as in the public dataset."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from shopbench_plugin.ecinstruct.tasks import SETTINGS

_WORDS = tuple(
    re.findall(
        r"\S+",
        "kettle lamp rug drill jacket phone case bottle bag clock chair shelf mug towel brush filter cable mat tent "
        "with for Cotton blue Foldable 12-Pack (2.5 L) waterproof replacement Compatible Heavy-Duty Outdoor 3D, Set",
    )
)
# What makes titles hard to convert, with the share of real titles that hold it.
_TRAPS = {
    "men's": 0.06,
    '5"': 0.06,
    "café-style": 0.08,
    "A: large": 0.02,
    "B-grade": 0.02,
    "&amp;": 0.02,
    "[new]": 0.01,
}
_RELATIONS = ["A: buyers of one also buy the other", "B: viewers of one also view the other", "C: they are similar"]
_SENTIMENTS = ["A: very positive", "B: positive", "C: neutral", "D: negative", "E: very negative"]
_RELEVANCE = ["A: an exact match of the query", "B: a substitute", "C: a complement", "D: irrelevant"]
_WORDINGS = {
    "Product_Relation_Prediction": "Which relation holds between the products? Answer with the letter of an option.",
    "Sentiment_Analysis": "How does the reviewer feel (A: very positive, B: positive, ..., E: very negative)?",
    "Multiclass_Product_Classification": "How well does the product fit the query? Choose from A, B, C or D.",
    "Query_Product_Rank": "Rank the products denoted as A, B, C, ... by their relevance to the query.",
    "Sequential_Recommendation": "Which of the options will the user buy next? Output the option's letter.",
    "Attribute_Value_Extraction": "Extract the values of the target attributes with their source.",
    "Answer_Generation": "Answer the question from the documents.",
    "Answerability_Prediction": "Can the question be answered from the documents? Output yes or no.",
    "Product_Substitute_Identification": "Is the product a substitute for the query? Output yes or no.",
    "Product_Matching": "Are the two products the same? Output yes or no.",
}


def write_rows(path: Path, rows: int, seed: int = 0) -> None:
    """Write `rows` rows as JSONL, about 950 bytes each."""
    with path.open("w", encoding="utf-8") as stream:
        for row in generate_rows(rows, seed):
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def generate_rows(rows: int, seed: int = 0) -> Iterator[dict[str, str | None]]:
    """Yield `rows` rows: each sample comes under one to three settings, the same rows for the same seed."""
    draw = random.Random(seed)
    names = list(_WORDINGS)
    written = 0
    while written < rows:
        task = names[written % len(names)]
        content, options, output = _SAMPLES[task](draw)
        split = draw.choices(("train", "val", "test"), (80, 10, 10))[0]
        for setting in SETTINGS[: min(draw.choice((2, 2, 2, 3)), rows - written)]:
            wording = f"{_WORDINGS[task]} {'Take care. ' * draw.randrange(6)}".strip()
            yield {
                "instruction": wording,
                "input": content,
                "options": options,
                "output": output,
                "task": task,
                "split": split,
                "setting": setting,
            }
            written += 1


def _title(draw: random.Random, words: int = 16) -> str:
    chosen = draw.choices(_WORDS, k=words)
    for trap, share in _TRAPS.items():
        if draw.random() < share:
            chosen[draw.randrange(words)] = trap
    return " ".join(chosen)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _letters(items: list[str]) -> list[str]:
    return [f"{chr(65 + number)}: {item}" for number, item in enumerate(items)]


Sample = tuple[str, str | None, str]


def _relation(draw: random.Random) -> Sample:
    return _dump({"Product 1:": _title(draw), "Product 2:": _title(draw)}), _dump(_RELATIONS), draw.choice("ABC")


def _sentiment(draw: random.Random) -> Sample:
    return _title(draw, 90), _dump(_SENTIMENTS), draw.choice(_SENTIMENTS)


def _relevance(draw: random.Random) -> Sample:
    return (
        _dump({"query": _title(draw, 4), "product title": _title(draw, 20)}),
        _dump(_RELEVANCE),
        draw.choice(_RELEVANCE),
    )


def _rank(draw: random.Random) -> Sample:
    products = _letters([_title(draw, 18) for _ in range(draw.randrange(2, 5))])
    order = [product[0] for product in products]
    draw.shuffle(order)
    return _dump({"query": _title(draw, 4), "product list": products}), None, ",".join(order)


def _recommendation(draw: random.Random) -> Sample:
    history = [f"{number}th: {_title(draw)}" for number in range(1, draw.randrange(6, 12))]
    return repr(history), repr(_letters([_title(draw) for _ in range(20)])), chr(65 + draw.randrange(20))


def _extraction(draw: random.Random) -> Sample:
    title = _title(draw, 20)
    values = [{"attribute": name, "value": title.split()[0], "source": "product title"} for name in ("colour", "size")]
    content = {"product title": title, "product description": _title(draw, 60), "target attributes": "colour and size"}
    return _dump(content), None, _dump(values)


def _answer(draw: random.Random) -> Sample:
    documents = [_title(draw, 30) for _ in range(3)]
    return _dump({"question": _title(draw, 10), "document": documents}), None, _title(draw, 30)


def _answerable(draw: random.Random) -> Sample:
    return _answer(draw)[0], None, draw.choice(("yes", "no"))


def _substitute(draw: random.Random) -> Sample:
    return _dump({"query": _title(draw, 4), "product": _title(draw)}), None, draw.choice(("yes", "no"))


def _match(draw: random.Random) -> Sample:
    products = [f'{{title: "{_title(draw)}", description: "{_title(draw, 40)}", price: "nan"}}' for _ in range(2)]
    return f"product 1: {products[0]}\nproduct 2: {products[1]}", None, draw.choice(("yes", "no"))


_SAMPLES = dict(
    zip(
        _WORDINGS,
        (
            _relation,
            _sentiment,
            _relevance,
            _rank,
            _recommendation,
            _extraction,
            _answer,
            _answerable,
            _substitute,
            _match,
        ),
        strict=True,
    )
)

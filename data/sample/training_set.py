"""The sample in ECInstruct's form: all ten tasks with splits, settings and the traps of real rows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import ecinstruct
from contents import Passage
from draws import Draws
from ecinstruct import Sample

_DIVERSE, _SINGLE, _OUT_OF_DOMAIN = "IND_Diverse_Instruction", "IND_Single_Instruction", "OOD_Diverse_Instruction"
_SPLITS = ("train",) * 8 + ("val", "test")
_REPEATED_EVERY = 10
_OTHER_SPELLINGS = {
    "Product_Relation_Prediction": "Product_Relation_Predicition",
    "Product_Substitute_Identification": "Product_Substitue_Identification",
    "Query_Product_Rank": "Query_Product_Ranking",
}
_OTHER_SPELLING_EVERY = 7
_NO_OPTIONS_KEY_EVERY = 9
_EXTRA_KEY_EVERY = 50
# How many samples of each kind: the tasks that need more practice get more.
_SIZES: dict[str, int] = {
    "review": 150,
    "foreign_review": 125,
    "query_title": 400,
    "pair": 200,
    "history": 240,
    "listing": 300,
    "extraction": 300,
    "explanation": 100,
    "keyphrase": 150,
    "translation": 240,
}
_BINARY_SIZE = 42
# Words of the titles that are too long for most models; the last makes a row of more than 2,048 tokens.
_LONG_TITLES = (300, 2_000)


def draw_training_set(draws: Draws) -> list[dict[str, Any]]:
    """Return all rows, shuffled."""
    samples = [*_draw_samples(draws), *_draw_binary_samples(draws), *_awkward_samples(draws)]
    rows = [row for number, sample in enumerate(samples) for row in _state(draws, number, sample)]
    draws.random.shuffle(rows)
    return rows


def _draw_samples(draws: Draws) -> Iterator[Sample]:
    writers: dict[str, Callable[[Any], Sample]] = {
        "review": ecinstruct.sentiment,
        "foreign_review": ecinstruct.sentiment,
        "query_title": ecinstruct.classification,
        "pair": ecinstruct.product_relation,
        "history": ecinstruct.recommendation,
        "listing": ecinstruct.product_rank,
        "extraction": lambda content: ecinstruct.extraction(content, _draw_attributes(draws.random)),
        "explanation": ecinstruct.answer_generation,
        "keyphrase": ecinstruct.answer_generation,
        "translation": ecinstruct.answer_generation,
    }
    for kind, size in _SIZES.items():
        for number in range(size):
            yield writers[kind](getattr(draws, kind)(number))


def _draw_attributes(random: Random) -> tuple[str, ...]:
    names = ["brand", "product type", "colour", "material"]
    return tuple(random.sample(names, random.choice([1, 1, 1, 1, 2])))


def _draw_binary_samples(draws: Draws) -> Iterator[Sample]:
    for number in range(_BINARY_SIZE):
        question = draws.keyphrase(number)
        document = question if number % 2 else draws.translation(number)
        yield ecinstruct.answerability(question, document)
        yield ecinstruct.substitute(draws.query_title(number))
        yield _draw_matching(draws, is_same=bool(number % 2))


def _draw_matching(draws: Draws, *, is_same: bool) -> Sample:
    random = draws.random
    first, other = draws.extraction(0), draws.extraction(0)
    second = first if is_same else other
    price = round(random.uniform(3, 200), 2)
    brand = first.values["brand"]
    left = {"title": first.title, "description": "nan", "manufacturer": brand, "price": price}
    right = {"title": second.title.lower(), "description": f"{second.title}, new", "manufacturer": "nan"}
    return ecinstruct.matching(left, right | {"price": random.choice([float("nan"), price])}, is_same)


def _awkward_samples(draws: Draws) -> Iterator[Sample]:
    """Yield samples whose texts look like labels, lists or markup, and some that are far too long."""
    for number, title in enumerate(draws.catalog.awkward_titles):
        yield ecinstruct.answer_generation(Passage("explain", "", title, f"A product that is sold as {title}."))
        listing = draws.listing(number)
        items = (replace(listing.items[0], title=title), *listing.items[1:])
        yield ecinstruct.product_rank(replace(listing, items=items))
        history = draws.history(number)
        yield ecinstruct.recommendation(replace(history, bought=(title, *history.bought)))
        review = draws.review(number)
        yield ecinstruct.sentiment(replace(review, text=f"Plan A: keep it. Plan B: send it back.\n{review.text}"))
    for number, words in enumerate(_LONG_TITLES):
        content = draws.extraction(number)
        title = f"{content.title} {' '.join(draws.random.choice(draws.catalog.products).name for _ in range(words))}"
        yield ecinstruct.extraction(replace(content, title=title), ("brand",))


def _state(draws: Draws, number: int, sample: Sample) -> Iterator[dict[str, Any]]:
    """Yield the sample under one setting, and one sample in ten under the two others as well."""
    random = draws.random
    wordings = draws.catalog.instructions[sample.task]
    split = random.choice(_SPLITS)
    settings = [_DIVERSE]
    if random.randrange(_REPEATED_EVERY) == 0:
        settings += [_SINGLE, _OUT_OF_DOMAIN]
    for setting in settings:
        instruction = wordings["single"] if setting == _SINGLE else random.choice(wordings["diverse"])
        yield _vary(number, ecinstruct.row(sample, instruction, split, setting))


def _vary(number: int, row: dict[str, Any]) -> dict[str, Any]:
    """Spell the task, leave out `options` and add a key as some of the real rows do."""
    if number % _OTHER_SPELLING_EVERY == 0:
        row["task"] = _OTHER_SPELLINGS.get(row["task"], row["task"])
    if row["options"] is None and number % _NO_OPTIONS_KEY_EVERY == 0:
        del row["options"]
    if number % _EXTRA_KEY_EVERY == 0:
        row["few_shot_example"] = "none"
    return row

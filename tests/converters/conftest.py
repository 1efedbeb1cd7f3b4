import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

KETTLE = 'Steel kettle, 1.5 l (A: "large")'
SIEVE = "Tea sieve – B-Ware"

RECORDS: list[dict[str, Any]] = [
    {
        "instruction": "Which relation holds? Output the letter.",
        "input": json.dumps({"Product 1:": KETTLE, "Product 2:": SIEVE}, ensure_ascii=False),
        "options": '["A: bought together", "B: viewed together", "C: similar"]',
        "output": "B",
        "task": "Product_Relation_Prediction",
    },
    {
        "instruction": "How does the reviewer feel?",
        "input": "It leaks.\nA: never again, B: see A.",
        "options": '["A: very positive", "B: positive", "C: neutral", "D: negative", "E: very negative"]',
        "output": "E: very negative",
        "task": "Sentiment_Analysis",
    },
    {
        "instruction": "How well does the product fit?",
        "input": json.dumps({"query": "kettle", "product title": KETTLE}),
        "options": '["A: an exact match", "B: a substitute", "C: a complement", "D: irrelevant"]',
        "output": "A: an exact match",
        "task": "Multiclass_Product_Classification",
    },
    {
        "instruction": "Rank the products denoted as A, B, C, ...",
        "input": json.dumps({"query": "tea", "product list": [f"A: {KETTLE}", f"B: {SIEVE}", "C: cup"]}),
        "options": None,
        "output": "C,A,B",
        "task": "Query_Product_Rank",
    },
    {
        "instruction": "What will the user buy next? Answer from the options.",
        "input": "['1st: A: cup', \"2nd: men's mug\"]",
        "options": repr([f"{chr(65 + number)}: thing {number}" for number in range(20)]),
        "output": "T",
        "task": "Sequential_Recommendation",
    },
    {
        "instruction": "Extract the values of the target attributes with their sources.",
        "input": json.dumps({"product title": KETTLE, "target attributes": "material and size"}),
        "options": None,
        "output": json.dumps(
            [
                {"attribute": "material", "value": "Steel", "source": "product title"},
                {"attribute": "size", "value": "1.5 l", "source": "product title"},
                {"attribute": "colour", "value": "None", "source": "None"},
            ]
        ),
        "task": "Attribute_Value_Extraction",
    },
    {
        "instruction": "Answer the question.",
        "input": json.dumps({"question": "Is A: better than B?", "document": ["A: yes"]}),
        "options": None,
        "output": "A: yes, it is.",
        "task": "Answer_Generation",
    },
    {
        "instruction": "Are they the same? Output yes or no.",
        "input": 'product 1: {title: "x", price: "nan"}\nproduct 2: {title: "y"}\nOutput: ',
        "options": None,
        "output": "no",
        "task": "Product_Matching",
    },
]


def make_record(task: str, **changes: Any) -> dict[str, Any]:
    """Return the record of a task, in the dataset's full schema."""
    record = next(record for record in RECORDS if record["task"] == task)
    return {**record, "split": "train", "setting": "IND_Diverse_Instruction", **changes}


def write_jsonl(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def record() -> Callable[..., dict[str, Any]]:
    return make_record


@pytest.fixture
def records() -> list[dict[str, Any]]:
    """One record of each of eight tasks, the traps of the dataset in their texts."""
    return [make_record(record["task"]) for record in RECORDS]


@pytest.fixture
def source(tmp_path: Path, records: list[dict[str, Any]]) -> Path:
    return write_jsonl(tmp_path / "ecinstruct.jsonl", records)


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokenizer of one token a byte, and Qwen2's marks."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = {character: number for number, character in enumerate(pre_tokenizers.ByteLevel.alphabet())}
    tokenizer = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder

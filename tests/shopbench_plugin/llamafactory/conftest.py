"""A tiny model and data for everything that LlamaFactory does with them; the texts are made up here."""

import json
import random
from pathlib import Path

import pytest

_PRODUCTS = ("kettle", "tent", "lamp", "jacket", "backpack", "drill", "blender", "scarf", "notebook", "helmet")
_OPINIONS = {
    "positive": ("works wonderfully", "is worth every cent", "makes me happy each day"),
    "negative": ("broke at once", "is a waste of money", "went straight back"),
}


def make_dialogues(count: int, seed: int = 0) -> list[dict[str, str]]:
    """Return rows in LlamaFactory's alpaca columns, whose answers can be told from plain cues."""
    source = random.Random(seed)
    rows = []
    for _ in range(count):
        product, mood = source.choice(_PRODUCTS), source.choice(tuple(_OPINIONS))
        filler = " ".join(source.choices(_PRODUCTS, k=source.randint(3, 40)))
        review = f"The {product} {source.choice(_OPINIONS[mood])}. Bought together: {filler}."
        instruction = f"Is the writer of this review pleased?\n0. no\n1. yes\nReview: {review}\nAnswer: "
        rows.append({"instruction": instruction, "input": "", "output": "1" if mood == "positive" else "0"})
    return rows


def write_dataset(folder: Path, rows: list[dict[str, str]], name: str = "dialogues") -> Path:
    """Write `rows` as a data set of LlamaFactory into `folder`, its dataset_info.json included."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    info = {name: {"file_name": f"{name}.jsonl", "columns": columns}}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return folder


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data set `dialogues`, 64 rows."""
    return write_dataset(tmp_path_factory.mktemp("data"), make_dialogues(64))


@pytest.fixture(scope="session")
def tiny_base_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Qwen2 whose MLP is an odd number of GPTQ groups wide."""
    from shopbench_plugin.llamafactory.tiny_model import TinyModelSettings, create_tiny_model

    folder = tmp_path_factory.mktemp("tiny") / "base"
    texts = [text for row in make_dialogues(64) for text in row.values()]
    create_tiny_model(texts, folder, TinyModelSettings(vocabulary_size=512, intermediate_size=384))
    return folder

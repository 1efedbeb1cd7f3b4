"""The transformers engine on models that differ from Qwen2: other end tokens, gaps in the vocabulary, no positions."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Completion, Prompt
from shopbench_plugin.engines.transformers_engine import TransformersEngine, TransformersSettings

END_OF_TEXT = "<|endoftext|>"


def ask(*choices: str) -> Prompt:
    return Prompt((Message("user", "Which one?"),), Constraint(choices=choices, max_tokens=4))


def load(folder: Path) -> TransformersEngine:
    return TransformersEngine(TransformersSettings(model=str(folder), dtype="float32"))


def complete(engine: TransformersEngine, prompt: Prompt) -> Completion:
    return dict(engine.complete([prompt]))[0]


def copy_model(model: Path, folder: Path, **changes: dict[str, Any]) -> Path:
    """Copy a model, with changed keys in some of its JSON files."""
    shutil.copytree(model, folder, dirs_exist_ok=True)
    for name, values in changes.items():
        file = folder / f"{name}.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | values))
    return folder


def test_a_vocabulary_with_a_gap_constrains_and_ends_answers(tiny_model: Path, tmp_path: Path) -> None:
    stored = json.loads((tiny_model / "tokenizer.json").read_text())
    vocabulary = stored["model"]["vocab"]
    vocabulary |= {token: identifier + 500 for token, identifier in vocabulary.items() if token.startswith("<|")}
    for token in stored["added_tokens"]:
        token["id"] += 500
    ids = {"eos_token_id": 502, "pad_token_id": 500}
    engine = load(copy_model(tiny_model, tmp_path, tokenizer=stored, generation_config=ids))
    answer = complete(engine, ask("4", "7"))
    assert engine._tokenizer.eos_token_id == 502
    assert (answer.text in {"4", "7"}, answer.finish_reason, answer.generated_tokens) == (True, "stop", 2)


def test_any_end_token_of_the_model_ends_a_constrained_answer(tiny_model: Path, tmp_path: Path) -> None:
    import torch

    engine = load(copy_model(tiny_model, tmp_path, generation_config={"eos_token_id": [0, 2]}))
    processor = engine._compiler.make_processor(ask("1", "10").constraint)
    (one,), (zero,) = engine._chat.encode_text("1"), engine._chat.encode_text("0")
    allowed = [
        processor(torch.tensor([token_ids]), torch.zeros(1, 512))[0].isfinite().nonzero().flatten().tolist()
        for token_ids in ([5], [5, one])
    ]
    assert allowed == [[one], sorted([0, 2, zero])]


def test_a_label_ends_with_the_end_of_the_turn_not_of_the_text(tiny_model: Path, tmp_path: Path) -> None:
    other = load(copy_model(tiny_model, tmp_path, tokenizer_config={"eos_token": END_OF_TEXT}))
    scores = [dict(engine.score_labels([ask("1", "10", "2")]))[0] for engine in (load(tiny_model), other)]
    assert other._tokenizer.eos_token == END_OF_TEXT
    assert scores[0].label_logprobs == scores[1].label_logprobs


def test_a_tokenizer_without_an_end_token_is_an_error(tiny_model: Path, tmp_path: Path) -> None:
    folder = copy_model(tiny_model, tmp_path, tokenizer_config={"eos_token": None})
    with pytest.raises(ShopBenchError, match=f"{folder}: its tokenizer has no end token; set eos_token in tokenizer_"):
        load(folder)


def test_a_model_without_a_limit_of_positions_has_the_tokenizers(tiny_model: Path) -> None:
    from transformers import AutoTokenizer, BloomConfig, BloomForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(tiny_model, model_max_length=640)
    model = BloomForCausalLM(BloomConfig(vocab_size=512, hidden_size=16, n_layer=1, n_head=2)).eval()
    engine = TransformersEngine(TransformersSettings(model="bloom"), loaded=(model, tokenizer))
    assert engine.context_length == 640
    assert complete(engine, ask("4", "7")).text in {"4", "7"}

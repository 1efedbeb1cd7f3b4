"""Real models imported from GGUF files: the same logits, rendered prompts and texts as in the file."""

from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.models.gguf_file import open_gguf

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("smollm2")]

DIALOGUE = [
    {"role": "user", "content": "Which is a kettle?\n0. 12345\n1. l'été ☕\nAnswer: "},
    {"role": "assistant", "content": "1"},
    {"role": "user", "content": "  Rank 3, 1, 2 \n"},
    {"role": "assistant", "content": "3,1,2"},
]


def test_the_logits_are_those_of_the_file(gguf: Path, folder: Path, tokenizer: Any) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    inputs = tokenizer("Is the kettle good? 15", return_tensors="pt")
    direct = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
    imported = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        assert imported(**inputs).logits.equal(direct(**inputs).logits)


def test_a_prompt_is_what_the_files_own_template_renders_and_the_end_token_ends_it(gguf: Path, tokenizer: Any) -> None:
    from jinja2 import Environment

    template = Environment(autoescape=False).from_string(open_gguf(gguf).metadata["tokenizer.chat_template"])  # noqa: S701
    rendered = template.render(messages=DIALOGUE, add_generation_prompt=False)
    assert tokenizer.apply_chat_template(DIALOGUE, tokenize=False) == rendered
    assert rendered.rstrip("\n").endswith(f"3,1,2{tokenizer.eos_token}")


def test_the_training_prompt_is_the_chat_template_token_for_token(folder: Path, tokenizer: Any) -> None:
    from llamafactory.data.template import get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments
    from transformers import AutoTokenizer

    trained = AutoTokenizer.from_pretrained(folder)
    template = get_template_and_fix_tokenizer(trained, DataArguments(template=None))
    turns = template.encode_multiturn(trained, DIALOGUE)
    prompt = [token for turn in turns for part in turn for token in part]
    assert prompt == tokenizer.apply_chat_template(DIALOGUE, tokenize=True, return_dict=False)


def test_texts_survive_and_no_token_is_beyond_the_embedding(folder: Path, tokenizer: Any) -> None:
    from shopbench_plugin.models.checkpoints import read_config

    for text in ("Price 12345 isn't 3.50", "  two  spaces\n\n\nend ", "ケトル ☕ été", "a\tb\r\n"):
        tokens = tokenizer.encode(text)
        assert tokenizer.decode(tokens) == text
        assert not set(tokens) & set(tokenizer.all_special_ids)
    assert len(tokenizer) <= read_config(folder)["vocab_size"]


def test_a_label_is_one_token_and_so_is_each_part_of_a_permutation(tokenizer: Any) -> None:
    assert [len(tokenizer.encode(str(label))) for label in range(10)] == [1] * 10
    pieces = [tokenizer.decode([token]) for token in tokenizer.encode("3,1,2,5,4")]
    assert pieces == ["3", ",", "1", ",", "2", ",", "5", ",", "4"]

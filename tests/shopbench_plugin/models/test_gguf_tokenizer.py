"""Tokenizers of GGUF files: their special tokens and end tokens, and those that can't become the same one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.gguf_import import Dtype, import_gguf
from tests.shopbench_plugin.models.gguf_writer import (
    CONTROL,
    NORMAL,
    UNUSED,
    Vocabulary,
    read_vocabulary,
    write_gguf,
)


def load_imported(file: Path) -> Any:
    from transformers import AutoTokenizer

    import_gguf(file, file.parent / "model", Dtype.FLOAT32)
    return AutoTokenizer.from_pretrained(file.parent / "model")


def read_end_tokens(file: Path) -> Any:
    return json.loads((file.parent / "model" / "generation_config.json").read_text())["eos_token_id"]


@pytest.mark.parametrize(
    ("pre", "keys", "text"),
    [
        ("qwen2", {"add_bos_token": True}, "<|endoftext|>tent"),
        ("qwen2", {"add_bos_token": None}, "tent"),
        ("llama-bpe", {"add_bos_token": None}, "<|endoftext|>tent"),
        ("llama-bpe", {"add_bos_token": False}, "tent"),
    ],
)
def test_texts_begin_with_the_first_token_where_the_file_or_its_kind_asks_for_it(
    pre: str, keys: dict[str, Any], text: str, tiny_base_model: Path, tmp_path: Path
) -> None:
    file = write_gguf(tiny_base_model, tmp_path / "tiny.gguf", pre=pre, bos_token_id=0, **keys)
    tokenizer = load_imported(file)
    assert tokenizer.decode(tokenizer.encode("tent")) == text


@pytest.mark.parametrize(
    ("keys", "ends"),
    [
        ({"eos_token_id": 0, "eot_token_id": 2}, [0, 2]),
        ({"eos_token_id": 0}, [0, 2]),  # its chat template ends turns with 2
        ({"eos_token_id": 2, "eot_token_id": 2, "eom_token_id": 1}, [2, 1]),
        ({"eos_token_id": 2}, 2),
    ],
)
def test_every_token_that_ends_an_answer_is_in_the_generation_config(
    keys: dict[str, int], ends: list[int] | int, tiny_base_model: Path, tmp_path: Path
) -> None:
    file = write_gguf(tiny_base_model, tmp_path / "tiny.gguf", **keys)
    assert load_imported(file).eos_token_id == keys["eos_token_id"]
    assert read_end_tokens(file) == ends


def test_unused_entries_before_special_tokens_leave_no_gap(tiny_base_model: Path, tmp_path: Path) -> None:
    stored = read_vocabulary(tiny_base_model)
    special, words = stored.tokens[:3], stored.tokens[3:-1]
    tokens = ["[PAD0]", *words, "[PAD1]", *special, "[PAD2]"]
    types = [UNUSED, *(NORMAL for _ in words), UNUSED, *(CONTROL for _ in special), UNUSED]
    ids = {"eos_token_id": len(tokens) - 2, "padding_token_id": len(tokens) - 4}
    vocabulary = Vocabulary(tokens, types, stored.merges)
    tokenizer = load_imported(write_gguf(tiny_base_model, tmp_path / "tiny.gguf", vocabulary=vocabulary, **ids))
    assert tokenizer.convert_ids_to_tokens(list(range(len(tokenizer)))) == tokens[:-1]
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|endoftext|>")


def test_a_padding_token_among_the_unused_entries_keeps_its_id(tiny_base_model: Path, tmp_path: Path) -> None:
    last = len(read_vocabulary(tiny_base_model).tokens) - 1
    tokenizer = load_imported(write_gguf(tiny_base_model, tmp_path / "tiny.gguf", padding_token_id=last))
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("[PAD]", last)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"pre": "tekken"}, r"unsupported pre-tokenizer 'tekken' .*; use a GGUF file with one of qwen2, llama-bpe, "),
        ({"pre": None}, r"no pre-tokenizer \(tokenizer\.ggml\.pre\); use a GGUF file with one of qwen2"),
        (
            {"changes": {"tokenizer.ggml.model": "t5"}},
            "unsupported tokenizer 't5' of a qwen2 model .*; use a GGUF file",
        ),
        (
            {"changes": {"tokenizer.ggml.model": "llama"}},
            "its tokenizer 'llama' can't be converted .*; download it again",
        ),
        ({"eos_token_id": None}, r"has no end token \(tokenizer\.ggml\.eos_token_id\); use a GGUF file that has one"),
        ({"eos_token_id": "2"}, "tokenizer.ggml.eos_token_id is '2', not of type int; download it again"),
        ({"eos_token_id": 99_999}, r"eos_token_id 99999 is outside the vocabulary \(409\); download it again"),
        ({"eot_token_id": 99_999}, r"eot_token_id 99999 is outside the vocabulary \(409\); download it again"),
        ({"bos_token_id": 409, "add_bos_token": True}, r"bos_token_id 409 is outside the vocabulary \(409\)"),
        ({"add_bos_token": True}, r"can't be converted \(add_bos_token without bos_token_id\); download it again"),
        ({"changes": {"qwen2.context_length": "long"}}, "context_length is 'long', not of type int; download it again"),
        ({"changes": {"tokenizer.chat_template": 5}}, "chat_template is 5, not of type str; download it again"),
    ],
)
def test_metadata_that_does_not_describe_a_tokenizer_is_an_error(
    keys: dict[str, Any], message: str, tiny_base_model: Path, tmp_path: Path
) -> None:
    file = write_gguf(tiny_base_model, tmp_path / "tiny.gguf", **keys)
    expect_refusal(file, message)


def expect_refusal(file: Path, message: str) -> None:
    with pytest.raises(ShopBenchError, match=message):
        import_gguf(file, file.parent / "model", Dtype.FLOAT32)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_damaged_vocabulary_is_an_error(tiny_base_model: Path, tmp_path: Path) -> None:
    stored = read_vocabulary(tiny_base_model)
    twice = [*stored.tokens[:-2], stored.tokens[5], "[PAD]"]
    more, beyond = [f"more{number}" for number in range(200)], "has 609 tokens, but 512 rows in its embedding; download"
    for vocabulary, message in (
        (replace(stored, types=stored.types[:-1]), "has 408 token types for 409 tokens; download it again"),
        (replace(stored, merges=[*stored.merges, "Ġxx yyy"]), "can't be converted .*Ġxx.*; download it again"),
        (Vocabulary([*stored.tokens, *more], [*stored.types, *(NORMAL for _ in more)], stored.merges), beyond),
        (replace(stored, tokens=twice, merges=[]), "token 5 is .* in the file, but becomes None"),
    ):
        expect_refusal(write_gguf(tiny_base_model, tmp_path / "tiny.gguf", vocabulary=vocabulary), message)

"""SentencePiece tokenizers of GGUF files: the same tokens as SentencePiece's own."""

import json
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.models.gguf_import import Dtype, import_gguf
from tests.shopbench_plugin.conftest import PROJECT
from tests.shopbench_plugin.models.gguf_writer import (
    BYTE,
    CONTROL,
    NORMAL,
    UNKNOWN,
    Vocabulary,
    write_gguf,
    write_llama,
)

ODD_TEXTS = ["l'été ☕\n  a  b\t\n\n c", " x", "x  ", "12345"]
IDS = {"bos_token_id": 1, "eos_token_id": 2, "unknown_token_id": 0, "padding_token_id": None, "pre": "default"}


def read_sample() -> list[str]:
    lines = (PROJECT / "data" / "shopbench_sample.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["input_field"] for line in lines]


def train(folder: Path, *, adds_space: bool) -> Any:
    from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

    SentencePieceTrainer.train(
        sentence_iterator=iter(text.replace("\n", " ") for text in read_sample()),
        model_prefix=str(folder / "pieces"),
        vocab_size=500,
        model_type="bpe",
        byte_fallback=True,
        split_digits=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=adds_space,
        minloglevel=3,
    )
    return SentencePieceProcessor(str(folder / "pieces.model"))


def read_pieces(pieces: Any) -> Vocabulary:
    numbers = range(pieces.get_piece_size())
    types = [
        UNKNOWN
        if pieces.is_unknown(one)
        else CONTROL
        if pieces.is_control(one)
        else BYTE
        if pieces.is_byte(one)
        else NORMAL
        for one in numbers
    ]
    tokens, scores = ([read(one) for one in numbers] for read in (pieces.id_to_piece, pieces.get_score))
    return Vocabulary(tokens, types, scores=scores)


@pytest.mark.parametrize("adds_space", [True, False])
@pytest.mark.parametrize("adds_start", [None, False])
def test_texts_become_the_tokens_of_sentencepiece(
    adds_space: bool, adds_start: bool | None, tiny_base_model: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    pieces = train(tmp_path, adds_space=adds_space)
    keys = IDS | {"add_bos_token": adds_start} | ({} if adds_space else {"add_space_prefix": False})
    llama = write_llama(tiny_base_model, tmp_path / "llama")
    path = tmp_path / "tiny.gguf"
    file = write_gguf(llama, path, architecture="llama", vocabulary=read_pieces(pieces), **keys)
    import_gguf(file, tmp_path / "model", Dtype.FLOAT32)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    texts = [*read_sample(), *ODD_TEXTS]
    start = [] if adds_start is False else [1]
    assert [tokenizer.encode(text) for text in texts] == [start + pieces.encode(text) for text in texts]
    assert [tokenizer.decode(tokenizer.encode(text), skip_special_tokens=True) for text in texts] == texts
    assert (tokenizer.bos_token, tokenizer.eos_token, len(tokenizer)) == ("<s>", "</s>", 500)

from pathlib import Path

import pytest

from shopbench_plugin.errors import ShopBenchError
from shopbench_plugin.llamafactory.tiny_model import TinyModelSettings, create_tiny_model


@pytest.fixture(scope="module")
def tokenizer(tiny_base_model: Path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_base_model)


def test_the_tokenizer_has_qwen2s_special_tokens(tokenizer) -> None:
    assert tokenizer.convert_tokens_to_ids(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]) == [0, 1, 2]
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|endoftext|>")


@pytest.mark.parametrize("text", ["1234", "ケトル ☕", "  two  spaces\n\n", "l'été", "a\tb\r\n"])
def test_any_text_survives_the_tokenizer(tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_every_digit_is_a_token_of_its_own(tokenizer) -> None:
    assert [tokenizer.decode([token]) for token in tokenizer.encode("15,2")] == ["1", "5", ",", "2"]


def test_the_chat_template_is_qwen2s(tokenizer) -> None:
    turns = [{"role": "user", "content": " Hi\n"}, {"role": "assistant", "content": "Yes"}]
    assert tokenizer.apply_chat_template(turns, tokenize=False) == (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\n Hi\n<|im_end|>\n<|im_start|>assistant\nYes<|im_end|>\n"
    )


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    settings = TinyModelSettings(vocabulary_size=300, hidden_size=128, intermediate_size=128, layers=1)
    for name in ("first", "second"):
        create_tiny_model(["some text", "some more"], tmp_path / name, settings)
    first, second = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("first", "second"))
    assert first == second


def test_no_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match="the tiny model's tokenizer needs text to learn from"):
        create_tiny_model([], tmp_path / "model", TinyModelSettings())
    assert not (tmp_path / "model").exists()

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.gguf_import import Dtype, import_gguf
from tests.shopbench_plugin.models.gguf_writer import write_gguf, write_llama

TEXTS = (
    "Price 12345 isn't 3.50",
    "  two  spaces\n\n\nend ",
    "ケトル ☕ été",
    "<|im_start|>user\nHi<|im_end|>\n",
    "[PAD]",
)
DIALOGUE = [
    {"role": "user", "content": "Is it a kettle? "},
    {"role": "assistant", "content": "1"},
    {"role": "user", "content": "Yes"},
]


def load(folder: Path, dtype: str = "auto") -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype), AutoTokenizer.from_pretrained(folder)


def compute_logits(model: Any, tokenizer: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(**tokenizer("Is the kettle good? 15", return_tensors="pt")).logits


@pytest.fixture(scope="module")
def tiny_gguf(tiny_base_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tiny_base_model, tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="module")
def imported(tiny_gguf: Path) -> Path:
    import_gguf(tiny_gguf, tiny_gguf.parent / "model", Dtype.FLOAT32)
    return tiny_gguf.parent / "model"


def test_the_logits_are_those_of_the_model_that_the_file_was_made_from(imported: Path, tiny_base_model: Path) -> None:
    original, tokenizer = load(tiny_base_model)
    model, _ = load(imported)
    assert compute_logits(model, tokenizer).equal(compute_logits(original, tokenizer))


def test_the_logits_are_those_of_the_model_loaded_from_the_file(imported: Path, tiny_gguf: Path) -> None:
    from transformers import AutoModelForCausalLM

    direct = AutoModelForCausalLM.from_pretrained(tiny_gguf.parent, gguf_file=tiny_gguf.name)
    model, tokenizer = load(imported)
    assert compute_logits(model, tokenizer).equal(compute_logits(direct, tokenizer))


def test_texts_and_dialogues_become_the_same_tokens(imported: Path, tiny_base_model: Path) -> None:
    (_, tokenizer), (_, original) = load(imported), load(tiny_base_model)
    assert [tokenizer.encode(text) for text in TEXTS] == [original.encode(text) for text in TEXTS]
    assert [tokenizer.decode(tokenizer.encode(text)) for text in TEXTS] == list(TEXTS)
    for generation in (False, True):
        rendered = original.apply_chat_template(DIALOGUE, tokenize=False, add_generation_prompt=generation)
        assert tokenizer.apply_chat_template(DIALOGUE, tokenize=False, add_generation_prompt=generation) == rendered


def test_the_special_tokens_are_those_of_the_file(imported: Path) -> None:
    _, tokenizer = load(imported)
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token) == (None, "<|im_end|>", "<|endoftext|>")
    config, generation = (
        json.loads((imported / name).read_text()) for name in ("config.json", "generation_config.json")
    )
    assert config["eos_token_id"] == generation["eos_token_id"] == tokenizer.eos_token_id
    assert config["pad_token_id"] == generation["pad_token_id"] == tokenizer.pad_token_id


def test_the_end_token_ends_the_turns_of_the_chat_template(imported: Path) -> None:
    _, tokenizer = load(imported)
    rendered = tokenizer.apply_chat_template(DIALOGUE[:2], tokenize=False)
    assert rendered.removesuffix("\n").endswith(f"1{tokenizer.eos_token}")


def test_bfloat16_is_the_same_model_rounded(tiny_gguf: Path, tiny_base_model: Path, tmp_path: Path) -> None:
    import_gguf(tiny_gguf, tmp_path / "model", Dtype.BFLOAT16)
    model, tokenizer = load(tmp_path / "model")
    original, _ = load(tiny_base_model, "bfloat16")
    assert str(model.dtype) == "torch.bfloat16"
    assert compute_logits(model, tokenizer).equal(compute_logits(original, tokenizer))


def test_a_llama_with_smollms_tokenizer_keeps_logits_and_adds_no_token(tiny_base_model: Path, tmp_path: Path) -> None:
    llama = write_llama(tiny_base_model, tmp_path / "llama")
    file = write_gguf(llama, tmp_path / "llama.gguf", architecture="llama", pre="smollm", bos_token_id=1)
    import_gguf(file, tmp_path / "model", Dtype.FLOAT32)
    (model, tokenizer), (original, _) = load(tmp_path / "model"), load(llama)
    assert compute_logits(model, tokenizer).equal(compute_logits(original, tokenizer))
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|im_start|>", "<|im_end|>")
    assert tokenizer.decode(tokenizer.encode("cost 15")) == "cost 15"  # transformers puts <|im_start|> first
    assert len(tokenizer) <= model.config.vocab_size  # and adds five tokens beyond the embedding


def test_too_little_disk_leaves_the_old_model(
    tiny_gguf: Path, imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(imported, tmp_path / "model")
    full = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(ShopBenchError, match="free some space or choose another place"):
        import_gguf(tiny_gguf, tmp_path / "model", Dtype.FLOAT32)
    assert (tmp_path / "model" / "model.safetensors").read_bytes() == (imported / "model.safetensors").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]

"""Writes the model in a Hugging Face folder as a GGUF file, as llama.cpp's converter does, with gguf-py."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

NORMAL, UNKNOWN, CONTROL, UNUSED, BYTE = 1, 2, 3, 5, 6


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer as GGUF stores it: byte-level with merges, or SentencePiece's with scores."""

    tokens: list[str]
    types: list[int]
    merges: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def read_vocabulary(model: Path) -> Vocabulary:
    """Return the model's vocabulary, and an unused entry behind it."""
    stored = json.loads((model / "tokenizer.json").read_text())
    special = {token["content"]: token["id"] for token in stored["added_tokens"]}
    vocabulary = stored["model"]["vocab"] | special
    tokens = [token for token, _ in sorted(vocabulary.items(), key=lambda item: item[1])]
    types = [CONTROL if token in special else NORMAL for token in tokens]
    merges = [" ".join(pair) for pair in stored["model"]["merges"]]
    return Vocabulary([*tokens, "[PAD]"], [*types, UNUSED], merges)


def write_llama(base: Path, folder: Path) -> Path:
    """Write a tiny random Llama with the tokenizer of `base`."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    shutil.copytree(base, folder)
    set_seed(0)
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def write_gguf(
    model: Path,
    path: Path,
    *,
    architecture: str = "qwen2",
    vocabulary: Vocabulary | None = None,
    changes: Mapping[str, Any] | None = None,
    **tokenizer: Any,
) -> Path:
    """Write `model` in float32.

    `changes` override metadata and tensors (arrays), `tokenizer` keys under tokenizer.ggml.; None leaves one out.
    """
    from gguf import GGUFWriter
    from transformers import AutoModelForCausalLM

    loaded = AutoModelForCausalLM.from_pretrained(model, dtype="float32")
    writer = GGUFWriter(path, architecture)
    _add_shape(writer, loaded.config)
    _add_vocabulary(writer, vocabulary or read_vocabulary(model))
    keys = {"pre": "qwen2", "add_bos_token": False, "eos_token_id": 2, "padding_token_id": 0} | tokenizer
    template = (model / "chat_template.jinja").read_text()
    values = {f"tokenizer.ggml.{name}": value for name, value in keys.items()} | {"tokenizer.chat_template": template}
    for name, value in (values | _read_tensors(loaded, architecture) | dict(changes or {})).items():
        if value is not None:
            _add_value(writer, name, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_shape(writer: Any, config: Any) -> None:
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def _add_vocabulary(writer: Any, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model("llama" if vocabulary.scores else "gpt2")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    if vocabulary.scores:
        writer.add_token_scores(vocabulary.scores)
    else:
        writer.add_token_merges(vocabulary.merges)


def _add_value(writer: Any, name: str, value: Any) -> None:
    if isinstance(value, np.ndarray):
        writer.add_tensor(name, value)
    elif isinstance(value, bool):
        writer.add_bool(name, value)
    elif isinstance(value, int):
        writer.add_uint32(name, value)
    elif isinstance(value, float):
        writer.add_float32(name, value)
    else:
        writer.add_string(name, value)


def _read_tensors(model: Any, architecture: str) -> dict[str, np.ndarray]:
    from gguf import MODEL_ARCH_NAMES, get_tensor_name_map

    arch = next(key for key, name in MODEL_ARCH_NAMES.items() if name == architecture)
    names = get_tensor_name_map(arch, model.config.num_hidden_layers)
    tensors = {}
    for name, tensor in model.state_dict().items():
        values = tensor.numpy()
        if architecture == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            values = _permute(values, model.config.head_dim)
        tensors[names.get_name(name, (".weight", ".bias"))] = values
    return tensors


def _permute(weights: np.ndarray, head_dim: int) -> np.ndarray:
    """Order the rows of each head as llama.cpp's rotary embedding of Llama wants them: pairs side by side."""
    heads = weights.reshape(-1, 2, head_dim // 2, weights.shape[1])
    return np.ascontiguousarray(heads.swapaxes(1, 2).reshape(weights.shape))

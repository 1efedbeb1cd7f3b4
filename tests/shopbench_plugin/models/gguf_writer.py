"""Writes the model in a Hugging Face folder as a GGUF file, as llama.cpp's converter does, with gguf-py."""

import json
from pathlib import Path
from typing import Any

import numpy as np

_NORMAL, _CONTROL, _UNUSED = 1, 3, 5


def write_gguf(model: Path, path: Path, *, architecture: str = "qwen2", pre: str = "qwen2", **tokenizer: Any) -> Path:
    """Write `model` in float32; `tokenizer` overrides keys under tokenizer.ggml. (None leaves one out)."""
    from gguf import GGUFWriter
    from transformers import AutoModelForCausalLM

    loaded = AutoModelForCausalLM.from_pretrained(model, dtype="float32")
    writer = GGUFWriter(path, architecture)
    _add_shape(writer, loaded.config)
    _add_tokenizer(writer, model, {"pre": pre, "add_bos_token": False, **tokenizer})
    _add_tensors(writer, loaded, architecture)
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


def _add_tokenizer(writer: Any, model: Path, changes: dict[str, Any]) -> None:
    stored = json.loads((model / "tokenizer.json").read_text())
    special = {token["content"]: token["id"] for token in stored["added_tokens"]}
    vocabulary = stored["model"]["vocab"] | special
    tokens = [token for token, _ in sorted(vocabulary.items(), key=lambda item: item[1])]
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([*tokens, "[PAD]"])
    writer.add_token_types([*(_CONTROL if token in special else _NORMAL for token in tokens), _UNUSED])
    writer.add_token_merges([" ".join(pair) for pair in stored["model"]["merges"]])
    ids = {"eos_token_id": special["<|im_end|>"], "padding_token_id": special["<|endoftext|>"]}
    for name, value in (ids | changes).items():
        if isinstance(value, bool):
            writer.add_bool(f"tokenizer.ggml.{name}", value)
        elif isinstance(value, int):
            writer.add_uint32(f"tokenizer.ggml.{name}", value)
        elif value is not None:
            writer.add_string(f"tokenizer.ggml.{name}", value)
    writer.add_chat_template((model / "chat_template.jinja").read_text())


def _add_tensors(writer: Any, model: Any, architecture: str) -> None:
    from gguf import MODEL_ARCH_NAMES, get_tensor_name_map

    arch = next(key for key, name in MODEL_ARCH_NAMES.items() if name == architecture)
    names = get_tensor_name_map(arch, model.config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        values = tensor.numpy()
        if architecture == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            values = _permute(values, model.config.head_dim)
        writer.add_tensor(names.get_name(name, (".weight", ".bias")), values)


def _permute(weights: np.ndarray, head_dim: int) -> np.ndarray:
    """Order the rows of each head as llama.cpp's rotary embedding of Llama wants them: pairs side by side."""
    heads = weights.reshape(-1, 2, head_dim // 2, weights.shape[1])
    return np.ascontiguousarray(heads.swapaxes(1, 2).reshape(weights.shape))

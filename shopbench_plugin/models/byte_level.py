"""Byte-level BPE as Qwen2, Llama 3, SmolLM and GPT-2 use it: the same merging, with different pre-tokenizers.

The names are those of llama.cpp, which a GGUF file stores under `tokenizer.ggml.pre` (llama.cpp, src/llama-vocab.cpp);
the expressions are from the tokenizer.json of Qwen/Qwen2-7B-Instruct, meta-llama/Meta-Llama-3-8B-Instruct and
HuggingFaceTB/SmolLM2-135M-Instruct.
"""

from typing import Any

_EXPRESSIONS = {
    "qwen2": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "llama-bpe": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}
PRE_TOKENIZERS = (*_EXPRESSIONS, "smollm", "gpt-2")
"""The known ways to split text before merging."""


def make_byte_level_tokenizer(model: Any, pre_tokenizer: str) -> Any:
    """Return a tokenizers.Tokenizer around a BPE `model`; `pre_tokenizer` is one of PRE_TOKENIZERS."""
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers

    if pre_tokenizer in _EXPRESSIONS:
        cut = pre_tokenizers.Split(Regex(_EXPRESSIONS[pre_tokenizer]), behavior="isolated")
        steps = [cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    elif pre_tokenizer == "smollm":
        steps = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    else:
        steps = [pre_tokenizers.ByteLevel(add_prefix_space=False)]
    tokenizer = Tokenizer(model)
    if pre_tokenizer == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer

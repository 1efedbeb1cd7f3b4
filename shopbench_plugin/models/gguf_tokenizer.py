"""The tokenizer of a GGUF file, with the special tokens that the file's own ids specify.

transformers (5.5) guesses: SmolLM2 becomes a CodeLlama tokenizer that starts every text with <|im_start|> and adds five
tokens beyond the embedding, and Qwen2.5's end of turn becomes <|endoftext|>. A byte-level BPE is therefore built here
from the vocabulary, merges and token types; for other tokenizers transformers' conversion is used, except for the
special tokens.
"""

from enum import IntEnum
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.byte_level import PRE_TOKENIZERS, make_byte_level_tokenizer
from shopbench_plugin.models.gguf_file import GGUFFile

_PREFIX = "tokenizer.ggml."
_SPECIAL_TOKENS = {
    "bos_token": "bos_token_id",
    "eos_token": "eos_token_id",
    "unk_token": "unknown_token_id",
    "pad_token": "padding_token_id",
}


class _TokenType(IntEnum):
    """GGUF's token types (gguf-py, constants.py) that need special handling; all others are ordinary entries."""

    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5  # fills the vocabulary up to the embedding's rows


def read_tokenizer(file: GGUFFile) -> Any:
    """Return the file's tokenizer as a transformers tokenizer with its chat template.

    Raises:
        ShopBenchError: the file has no tokenizer, one that transformers can't convert, or a special token's id outside
            its vocabulary.
    """
    tokens = _get(file, "tokens")
    if not tokens:
        raise ShopBenchError(f"{file.path}: contains no tokenizer; use a GGUF file that has one")
    is_known = _get(file, "model") == "gpt2" and _get(file, "pre") in PRE_TOKENIZERS
    tokenizer = _build_byte_level(file) if is_known else _convert(file)
    for name, key in _SPECIAL_TOKENS.items():
        identifier = _get(file, key)
        if identifier is not None and identifier >= len(tokens):
            raise ShopBenchError(
                f"{file.path}: {_PREFIX}{key} {identifier} is outside the vocabulary ({len(tokens)}); download it again"
            )
        setattr(tokenizer, name, None if identifier is None else tokens[identifier])
    tokenizer.chat_template = file.metadata.get("tokenizer.chat_template")
    tokenizer.model_max_length = file.metadata.get(f"{file.architecture}.context_length", tokenizer.model_max_length)
    return tokenizer


def _get(file: GGUFFile, key: str) -> Any:
    return file.metadata.get(_PREFIX + key)


def _build_byte_level(file: GGUFFile) -> Any:
    from tokenizers import AddedToken, models, processors
    from transformers import PreTrainedTokenizerFast

    tokens, pre = _get(file, "tokens"), _get(file, "pre")
    types = _get(file, "token_type") or [0] * len(tokens)
    vocabulary = {
        token: identifier
        for identifier, (token, kind) in enumerate(zip(tokens, types, strict=True))
        if kind != _TokenType.UNUSED
    }
    merges = [tuple(merge.split(" ")) for merge in _get(file, "merges") or []]
    model = models.BPE(vocab=vocabulary, merges=merges, ignore_merges=pre == "llama-bpe")
    tokenizer = make_byte_level_tokenizer(model, pre)
    tokenizer.add_special_tokens(
        [AddedToken(tokens[index], normalized=False, special=True) for index in _find(types, _TokenType.CONTROL)]
    )
    tokenizer.add_tokens(
        [AddedToken(tokens[index], normalized=False) for index in _find(types, _TokenType.USER_DEFINED)]
    )
    if _get(file, "add_bos_token"):
        start = _get(file, "bos_token_id")
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[tokens[start], "$A"], special_tokens=[(tokens[start], start)]
        )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=False)


def _find(types: list[int], kind: _TokenType) -> list[int]:
    return [index for index, one in enumerate(types) if one == kind]


def _convert(file: GGUFFile) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(file.path.parent, gguf_file=file.path.name)
    except Exception as error:  # the converters fail in many ways on unknown tokenizers
        raise ShopBenchError(
            f"{file.path}: transformers can't convert its tokenizer '{_get(file, 'model')}' ({error!s:.200}); "
            "use a GGUF file of another model"
        ) from error

"""The tokenizer of a GGUF file, with the special tokens that the file's own ids specify.

transformers (5.5) guesses: SmolLM2 becomes a CodeLlama tokenizer that starts every text with <|im_start|> and adds five
tokens beyond the embedding, and Qwen2.5's end of turn becomes <|endoftext|>. A byte-level BPE is therefore built here
from the vocabulary, merges and token types; for other tokenizers transformers' conversion is used, except for the
special tokens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.byte_level import PRE_TOKENIZERS, make_byte_level_tokenizer
from shopbench_plugin.models.gguf_file import GGUFFile, isolate
from shopbench_plugin.models.gguf_vocabulary import PREFIX, GGUFVocabulary, TokenType, read_vocabulary

_SPECIAL_TOKENS = {
    "bos_token": "bos_token_id",
    "eos_token": "eos_token_id",
    "unk_token": "unknown_token_id",
    "pad_token": "padding_token_id",
}


def read_tokenizer(file: GGUFFile) -> Any:
    """Return the file's tokenizer as a transformers tokenizer with its chat template.

    Raises:
        ShopBenchError: the file has no tokenizer, a damaged one, or one that can't be converted exactly.
    """
    vocabulary = read_vocabulary(file)
    is_byte_level = file.read(f"{PREFIX}model", str) == "gpt2"
    pre = file.read(f"{PREFIX}pre", str)
    if is_byte_level and pre not in PRE_TOKENIZERS:
        found = "no pre-tokenizer" if pre is None else f"unsupported pre-tokenizer '{pre}'"
        raise ShopBenchError(
            f"{file.path}: {found} ({PREFIX}pre); use a GGUF file with one of {', '.join(PRE_TOKENIZERS)}"
        )
    with _explain_failure(file):
        tokenizer = _build_byte_level(file, vocabulary, str(pre)) if is_byte_level else _convert(file)
    for name, key in _SPECIAL_TOKENS.items():
        setattr(tokenizer, name, vocabulary.tokens[vocabulary.ids[key]] if key in vocabulary.ids else None)
    tokenizer.chat_template = file.read("tokenizer.chat_template", str)
    tokenizer.model_max_length = file.read(f"{file.architecture}.context_length", int) or tokenizer.model_max_length
    with _explain_failure(file):
        vocabulary.check(tokenizer)
    return tokenizer


def check_saved_tokenizer(file: GGUFFile, folder: Path) -> None:
    """Check that the tokenizer in a model folder is the file's: transformers may build it differently for its class.

    Raises:
        ShopBenchError: it isn't, or can't be loaded.
    """
    from transformers import AutoTokenizer

    vocabulary = read_vocabulary(file)
    with _explain_failure(file):
        vocabulary.check(AutoTokenizer.from_pretrained(folder))


@contextmanager
def _explain_failure(file: GGUFFile) -> Iterator[None]:
    try:
        yield
    except ShopBenchError:
        raise
    except Exception as error:  # damaged merges and unknown kinds of tokenizers fail in many ways
        raise ShopBenchError(
            f"{file.path}: its tokenizer '{file.metadata.get(f'{PREFIX}model')}' can't be converted ({error!s:.200}); "
            "download it again, or use a GGUF file of another model"
        ) from error


def _build_byte_level(file: GGUFFile, vocabulary: GGUFVocabulary, pre: str) -> Any:
    from tokenizers import AddedToken, models, processors
    from transformers import PreTrainedTokenizerFast

    entries = {token: index for index, token in enumerate(vocabulary.tokens[: vocabulary.size])}
    merges = [tuple(merge.split(" ")) for merge in file.read(f"{PREFIX}merges", list) or []]
    tokenizer = make_byte_level_tokenizer(
        models.BPE(vocab=entries, merges=merges, ignore_merges=pre == "llama-bpe"), pre
    )
    for kind in (TokenType.CONTROL, TokenType.USER_DEFINED):
        is_special = kind == TokenType.CONTROL
        added = [AddedToken(token, normalized=False, special=is_special) for token in vocabulary.find(kind)]
        (tokenizer.add_special_tokens if is_special else tokenizer.add_tokens)(added)
    start = vocabulary.ids.get("bos_token_id")
    adds_start = file.read(f"{PREFIX}add_bos_token", bool)
    if adds_start is None:  # llama.cpp's default (src/llama-vocab.cpp)
        adds_start = pre == "llama-bpe" and start is not None
    if adds_start:
        if start is None:
            raise ValueError("add_bos_token without bos_token_id")
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[vocabulary.tokens[start], "$A"], special_tokens=[(vocabulary.tokens[start], start)]
        )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=False)


def _convert(file: GGUFFile) -> Any:
    from transformers import AutoTokenizer

    with isolate(file.path) as link:
        return AutoTokenizer.from_pretrained(link.parent, gguf_file=link.name)

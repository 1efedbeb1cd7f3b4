"""The tokenizer of a GGUF file, with the special tokens that the file's own ids specify.

transformers (5.5) guesses: SmolLM2 becomes a CodeLlama tokenizer that starts every text with <|im_start|> and adds five
tokens beyond the embedding, and Qwen2.5's end of turn becomes <|endoftext|>. The tokenizer is therefore built here: a
byte-level BPE from the vocabulary and merges, or SentencePiece's from the vocabulary and scores.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.byte_level import PRE_TOKENIZERS, make_byte_level_tokenizer
from shopbench_plugin.models.gguf_file import GGUFFile
from shopbench_plugin.models.gguf_vocabulary import PREFIX, GGUFVocabulary, TokenType, read_vocabulary
from shopbench_plugin.models.sentencepiece_bpe import make_sentencepiece_tokenizer

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
    build = _choose_builder(file)
    with _explain_failure(file):
        tokenizer = _wrap(file, vocabulary, build(file, vocabulary))
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
    except Exception as error:  # damaged merges and scores fail in many ways
        raise ShopBenchError(
            f"{file.path}: its tokenizer '{file.metadata.get(f'{PREFIX}model')}' can't be converted ({error!s:.200}); "
            "download it again, or use a GGUF file of another model"
        ) from error


def _choose_builder(file: GGUFFile) -> Callable[[GGUFFile, GGUFVocabulary], Any]:
    kind, pre = file.read(f"{PREFIX}model", str), file.read(f"{PREFIX}pre", str)
    if kind == "gpt2" and pre not in PRE_TOKENIZERS:
        found = "no pre-tokenizer" if pre is None else f"unsupported pre-tokenizer '{pre}'"
        raise ShopBenchError(
            f"{file.path}: {found} ({PREFIX}pre); use a GGUF file with one of {', '.join(PRE_TOKENIZERS)}"
        )
    # GGUF doesn't store that Phi-3's special tokens swallow the space behind them.
    if kind not in _BUILDERS or (kind == "llama" and file.architecture == "phi3"):
        raise ShopBenchError(
            f"{file.path}: unsupported tokenizer '{kind}' of a {file.architecture} model ({PREFIX}model); use a GGUF "
            "file of another model"
        )
    return _BUILDERS[kind]


def _build_byte_level(file: GGUFFile, vocabulary: GGUFVocabulary) -> Any:
    from tokenizers import models

    pre = file.metadata[f"{PREFIX}pre"]
    merges = [tuple(merge.split(" ")) for merge in file.read(f"{PREFIX}merges", list) or []]
    model = models.BPE(vocab=vocabulary.numbers, merges=merges, ignore_merges=pre == "llama-bpe")
    return make_byte_level_tokenizer(model, pre)


def _build_sentencepiece(file: GGUFFile, vocabulary: GGUFVocabulary) -> Any:
    scores = zip(vocabulary.tokens, file.read(f"{PREFIX}scores", list) or [], vocabulary.types, strict=True)
    unknown = vocabulary.ids.get("unknown_token_id")
    return make_sentencepiece_tokenizer(
        vocabulary.numbers,
        {token: score for token, score, kind in scores if kind == TokenType.NORMAL},
        None if unknown is None else vocabulary.tokens[unknown],
        adds_space=file.read(f"{PREFIX}add_space_prefix", bool) is not False,
    )


_BUILDERS = {"gpt2": _build_byte_level, "llama": _build_sentencepiece}


def _wrap(file: GGUFFile, vocabulary: GGUFVocabulary, tokenizer: Any) -> Any:
    """Add what isn't found by merging, and the token that texts begin with."""
    from tokenizers import AddedToken, processors
    from transformers import PreTrainedTokenizerFast

    for kind in (TokenType.CONTROL, TokenType.USER_DEFINED):
        is_special = kind == TokenType.CONTROL
        added = [AddedToken(token, normalized=False, special=is_special) for token in vocabulary.find(kind)]
        (tokenizer.add_special_tokens if is_special else tokenizer.add_tokens)(added)
    start = vocabulary.ids.get("bos_token_id")
    if _adds_start(file) and start is not None:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[vocabulary.tokens[start], "$A"], special_tokens=[(vocabulary.tokens[start], start)]
        )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=False)


def _adds_start(file: GGUFFile) -> bool:
    """Return whether texts begin with the first token: the file's setting, or llama.cpp's (src/llama-vocab.cpp)."""
    stored = file.read(f"{PREFIX}add_bos_token", bool)
    if stored and file.metadata.get(f"{PREFIX}bos_token_id") is None:
        raise ValueError("add_bos_token without bos_token_id")
    is_default = file.metadata[f"{PREFIX}model"] == "llama" or file.metadata.get(f"{PREFIX}pre") == "llama-bpe"
    return is_default if stored is None else stored

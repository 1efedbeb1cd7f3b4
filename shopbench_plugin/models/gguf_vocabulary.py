"""The vocabulary that a GGUF file stores, checked before a tokenizer is built from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.gguf_file import GGUFFile

PREFIX = "tokenizer.ggml."
_IDS = (
    "bos_token_id",
    "eos_token_id",
    "eot_token_id",
    "eom_token_id",
    "unknown_token_id",
    "padding_token_id",
)
_SAMPLE = "Which kettle costs 15?\n1. l'été ☕"


class TokenType(IntEnum):
    """GGUF's token types (gguf-py, constants.py) that need special handling; all others are ordinary entries."""

    NORMAL = 1
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5  # fills the vocabulary up to the embedding's rows


@dataclass(frozen=True, slots=True)
class GGUFVocabulary:
    """The tokens of a GGUF file, one per row of the embedding.

    Attributes:
        tokens: text of each token, in the spelling of its tokenizer.
        types: GGUF's type of each token.
        ids: special tokens by key, e.g. "eos_token_id"; those that the file doesn't have are left out.
    """

    tokens: Sequence[str]
    types: Sequence[int]
    ids: Mapping[str, int]

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each token, without the unused ones at the end."""
        return {token: index for index, token in enumerate(self.tokens[: self.size])}

    @property
    def size(self) -> int:
        """Number of entries up to the last that is used."""
        used = (index for index, kind in enumerate(self.types) if kind != TokenType.UNUSED)
        return 1 + max(*self.ids.values(), *used)

    @property
    def end_ids(self) -> list[int]:
        """The tokens that end an answer: of the text, of the turn, of the message (before a tool's turn)."""
        return [self.ids[key] for key in ("eos_token_id", "eot_token_id", "eom_token_id") if key in self.ids]

    def find(self, kind: TokenType) -> list[str]:
        """Return the tokens of a type."""
        return [token for token, one in zip(self.tokens, self.types, strict=True) if one == kind]

    def check(self, tokenizer: Any) -> None:
        """Check that a transformers tokenizer has these tokens and restores a text.

        Raises:
            ValueError: it doesn't.
        """
        if len(tokenizer) > len(self.tokens):
            raise ValueError(f"it has {len(tokenizer)} tokens, the file {len(self.tokens)}")
        converted = tokenizer.convert_ids_to_tokens(list(range(self.size)))
        for index, (token, found) in enumerate(zip(self.tokens, converted, strict=False)):
            if found != token:
                raise ValueError(f"token {index} is {token!r:.40} in the file, but becomes {found!r:.40}")
        text = tokenizer.decode(tokenizer.encode(_SAMPLE), skip_special_tokens=True)
        if text != _SAMPLE:
            raise ValueError(f"the text {_SAMPLE!r} becomes {text!r:.60}")


def read_vocabulary(file: GGUFFile) -> GGUFVocabulary:
    """Return the file's vocabulary.

    Raises:
        ShopBenchError: the file has no tokenizer or no end token, or its token types or a special token's id don't fit
            its tokens.
    """
    tokens = file.read(f"{PREFIX}tokens", list)
    if not tokens:
        raise ShopBenchError(f"{file.path}: contains no tokenizer; use a GGUF file that has one")
    types = file.read(f"{PREFIX}token_type", list) or [TokenType.NORMAL] * len(tokens)
    if len(types) != len(tokens):
        raise ShopBenchError(f"{file.path}: has {len(types)} token types for {len(tokens)} tokens; download it again")
    read = {key: file.read(PREFIX + key, int) for key in _IDS}
    ids = {key: identifier for key, identifier in read.items() if identifier is not None}
    for key, identifier in ids.items():
        if not 0 <= identifier < len(tokens):
            raise ShopBenchError(
                f"{file.path}: {PREFIX}{key} {identifier} is outside the vocabulary ({len(tokens)}); download it again"
            )
    if "eos_token_id" not in ids:
        raise ShopBenchError(f"{file.path}: has no end token ({PREFIX}eos_token_id); use a GGUF file that has one")
    return GGUFVocabulary(tokens, types, ids)

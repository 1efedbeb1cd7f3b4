"""How many tokens a training row has, rendered as LlamaFactory does with the tokenizer's own chat template."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.chat_rendering import ChatTemplate, read_chat_template

CUTOFF_LEN = 2048
"""LlamaFactory's default of cutoff_len."""

CountTokens = Callable[[str], int]


class RowLength(NamedTuple):
    """Tokens of a row's prompt, including system turn and generation prompt, and of its answer, including its end."""

    prompt: int
    answer: int

    @property
    def total(self) -> int:
        """The length that LlamaFactory compares with cutoff_len."""
        return self.prompt + self.answer


@dataclass(frozen=True, slots=True)
class RowTokenizer:
    """Measures rows.

    Attributes:
        chat: the chat template; None joins question and answer as LlamaFactory does for a tokenizer without one.
        count: length of a text in tokens.
    """

    chat: ChatTemplate | None
    count: CountTokens

    def measure(self, question: str, answer: str) -> RowLength:
        """Return the length of a row; prompt and answer are counted separately, as LlamaFactory encodes them.

        Raises:
            ShopBenchError: the chat template rejects the dialogue.
        """
        prompt, whole = self._render(question, answer)
        if not whole.startswith(prompt):  # a template that renders the last answer differently from its prompt
            return RowLength(self.count(whole), 0)
        return RowLength(self.count(prompt), self.count(whole[len(prompt) :]))

    def _render(self, question: str, answer: str) -> tuple[str, str]:
        if self.chat is None:
            return question, question + answer
        asked = {"role": "user", "content": question}
        answered = [asked, {"role": "assistant", "content": answer}]
        return (
            self.chat.render([asked], add_generation_prompt=True),
            self.chat.render(answered, add_generation_prompt=False),
        )


def open_row_tokenizer(folder: Path) -> RowTokenizer:
    """Return a RowTokenizer that uses the tokenizer in a model's folder.

    Raises:
        ShopBenchError: tokenizer.json or the chat template can't be read, or the package tokenizers is missing.
    """
    return RowTokenizer(read_chat_template(folder), open_token_counter(folder))


def open_token_counter(folder: Path) -> CountTokens:
    """Return a function that counts a text's tokens, without the special tokens that the tokenizer would add.

    Raises:
        ShopBenchError: tokenizer.json can't be read, or the package tokenizers is missing.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise ShopBenchError("counting tokens needs the package tokenizers: pip install tokenizers") from error
    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises bare exceptions
        raise ShopBenchError(f"{path}: not a readable tokenizer ({error}); pass a model folder") from error
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)

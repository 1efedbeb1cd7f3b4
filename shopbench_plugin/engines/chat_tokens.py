"""Dialogues to token IDs; turns that many prompts share are rendered and tokenized once."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import RAW_ROLE, Message


class ChatTokenizer:
    """Renders dialogues through a tokenizer's own chat template.

    Everything before the last turn (system prompt and demonstrations) is the same for all questions of a type. Its
    tokens are cached and those of the last turn appended. If the turns meet at a special token, which no other token
    can span, this yields the same IDs as tokenizing the whole dialogue; otherwise the whole dialogue is tokenized.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Wrap a transformers tokenizer that has a chat template."""
        self._tokenizer = tokenizer
        self._special_tokens = tuple(tokenizer.all_special_tokens)
        self._encode_prefix = lru_cache(maxsize=256)(self._render_prefix)

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """Return the prompt's token IDs, ending with the start of the assistant's turn.

        A raw message is the prompt itself, with the special tokens that the tokenizer adds to any text.
        """
        messages = tuple(messages)
        if messages[-1].role == RAW_ROLE:
            raw_ids: list[int] = self._tokenizer.encode(messages[-1].content)
            return raw_ids
        text = self._render(messages, add_generation_prompt=True)
        prefix_text, prefix_ids = self._encode_prefix(messages[:-1])
        if not prefix_text or not text.startswith(prefix_text):
            return self.encode_text(text)
        rest = text[len(prefix_text) :]
        if not rest.startswith(self._special_tokens):
            return self.encode_text(text)
        return [*prefix_ids, *self.encode_text(rest)]

    def _render_prefix(self, messages: tuple[Message, ...]) -> tuple[str, tuple[int, ...]]:
        if not any(message.role == "assistant" for message in messages):
            return "", ()
        text = self._render(messages, add_generation_prompt=False)
        return text, tuple(self.encode_text(text))

    def _render(self, messages: tuple[Message, ...], *, add_generation_prompt: bool) -> str:
        dialogue = [{"role": message.role, "content": message.content} for message in messages]
        try:
            text: str = self._tokenizer.apply_chat_template(
                dialogue, tokenize=False, add_generation_prompt=add_generation_prompt
            )
        except Exception as error:  # a template is other people's code
            raise self._refuse_template(str(error)) from error
        if add_generation_prompt and not text.strip():
            raise self._refuse_template("it renders to no text")
        return text

    def _refuse_template(self, reason: str) -> ShopBenchError:
        return ShopBenchError(
            f"{self._tokenizer.name_or_path}: its chat template can't be used ({reason}); fix chat_template.jinja, "
            "or export the model again"
        )

    def encode_text(self, text: str) -> list[int]:
        """Return the token IDs of a text within a turn."""
        token_ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return token_ids

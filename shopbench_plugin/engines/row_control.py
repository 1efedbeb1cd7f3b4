"""Limit each row of a transformers batch by its own constraint, its own length, and the common deadline."""

import time
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Any

from shopbench_plugin.constraints import Constraint, to_outlines_type
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import FinishReason


class ConstraintCompiler:
    """Makes logits processors; equal constraints are compiled once.

    The grammars are xgrammar's, as in vLLM: outlines' own index takes minutes for the chain-of-thought expression.
    """

    def __init__(self, model: Any, tokenizer: Any, end_tokens: Collection[int]) -> None:
        """Store a transformers model, its tokenizer, and the tokens of which each may end an answer."""
        self._model = model
        self._tokenizer = tokenizer
        self._end_tokens = end_tokens

    def make_processor(self, constraint: Constraint) -> Any | None:
        """Return a logits processor for one row of one batch, None if the answer is unconstrained.

        Raises:
            ShopBenchError: outlines or xgrammar is missing.
        """
        term = to_outlines_type(constraint)
        if term is None:
            return None
        from outlines.backends.xgrammar import XGrammarLogitsProcessor
        from outlines.types.dsl import to_regex

        return XGrammarLogitsProcessor(self._compiler.compile_regex(to_regex(term)), "torch")

    @cached_property
    def _compiler(self) -> Any:
        try:
            from xgrammar import GrammarCompiler, TokenizerInfo
        except ModuleNotFoundError as error:
            raise ShopBenchError(
                f"{error.name} is missing; pip install outlines xgrammar, or turn constraints off"
            ) from error
        # The tokenizer may have gaps in its numbers, and end before the model's scores; xgrammar forbids these numbers.
        size = self._model.config.get_text_config().vocab_size
        ends = sorted(self._end_tokens)
        return GrammarCompiler(TokenizerInfo.from_huggingface(self._tokenizer, vocab_size=size, stop_token_ids=ends))


class RowConstraints:
    """A logits processor that masks every row by its own constraint until the row is complete."""

    def __init__(self, processors: Sequence[Any | None], limits: Sequence[int], start: int) -> None:
        """Store a processor (or None) and a token limit for each row.

        Args:
            processors: one per row, used for this batch only.
            limits: maximum tokens of each row's answer; a complete row gets padding, which no grammar accepts.
            start: length of the padded prompts.
        """
        self._processors = processors
        self._limits = limits
        self._start = start
        self._highest: list[Any] = []
        self._lowest: list[Any] = []

    def find_worthless(self, lengths: Sequence[int]) -> list[FinishReason | None]:
        """Return for each row why its text isn't the model's: scores were not finite, or all equal in every step.

        Args:
            lengths: tokens of each row.
        """
        import torch

        highest = torch.stack(self._highest)
        finite = highest.isfinite().T.tolist()
        alike = (highest == torch.stack(self._lowest)).T.tolist()
        steps = zip(lengths, finite, alike, strict=True)
        return [_judge(finite[:length], alike[:length]) for length, finite, alike in steps]

    def note(self, scores: Any) -> None:
        """Store the extremes of a step's scores, NaN if any is; they are read at the end, to avoid synchronization."""
        self._highest.append(scores.amax(-1))
        self._lowest.append(scores.amin(-1))

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return the scores (rows, model's vocabulary) with disallowed next tokens at minus infinity."""
        written = input_ids.shape[1] - self._start
        self.note(scores)
        for row, processor in enumerate(self._processors):
            if processor is None or written >= self._limits[row]:
                continue
            scores[row] = processor(input_ids[row : row + 1], scores[row : row + 1].clone())[0]
        return scores


def _judge(finite: Sequence[bool], alike: Sequence[bool]) -> FinishReason | None:
    """Return the reason from the steps of one row."""
    if not all(finite):
        return "not-finite"
    return "undecided" if alike and all(alike) else None


class RowLimits:
    """A stopping criterion: a row ends at its own token limit, and all rows at the deadline."""

    def __init__(self, limits: Sequence[int], start: int, deadline: float | None) -> None:
        """Store each row's token limit, the length of the padded prompts, and a time on `time.monotonic()`."""
        self._limits = limits
        self._start = start
        self._deadline = deadline

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG002  generate gives both
        """Return a boolean tensor (rows): which of them end here."""
        import torch

        late = self._deadline is not None and time.monotonic() >= self._deadline
        written = input_ids.shape[1] - self._start
        return torch.tensor([late or written >= limit for limit in self._limits], device=input_ids.device)


class RowTexts:
    """A stopping criterion that never stops a row: it reports each row's tokens after every step."""

    def __init__(self, tell: Callable[[int, list[int]], None], start: int) -> None:
        """Store the callback for (row, token IDs generated so far), and the length of the padded prompts."""
        self._tell = tell
        self._start = start

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG002  generate gives both
        """Return a boolean tensor (rows) that is False throughout."""
        import torch

        for row, token_ids in enumerate(input_ids[:, self._start :].tolist()):
            self._tell(row, token_ids)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)

"""What holds each row of a transformers batch to its own constraint, its own length, and the common deadline."""

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from shopbench_plugin.constraints import Constraint, to_outlines_type
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import FinishReason


class ConstraintCompiler:
    """Makes outlines' logits processors; equal constraints are compiled once.

    The grammars are xgrammar's, as in vLLM: outlines' own index takes minutes on the chain-of-thought expression.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        """Take a transformers model and its tokenizer; outlines is loaded at the first constraint."""
        self._model = model
        self._tokenizer = tokenizer
        self.vocabulary_size = len(tokenizer.get_vocab())

    def make_processor(self, constraint: Constraint) -> Any | None:
        """Return a logits processor for one row of one batch, None where the answer is free.

        Raises:
            ShopBenchError: outlines or xgrammar is missing.
        """
        term = to_outlines_type(constraint)
        if term is None:
            return None
        from outlines.types.dsl import to_regex

        return self._backend.get_regex_logits_processor(to_regex(term))

    @cached_property
    def _backend(self) -> Any:
        try:
            import outlines
            from outlines.backends.xgrammar import XGrammarBackend

            return XGrammarBackend(outlines.from_transformers(self._model, self._tokenizer))
        except ModuleNotFoundError as error:
            raise ShopBenchError(
                f"{error.name} is missing; pip install outlines xgrammar, or turn constraints off"
            ) from error


class RowConstraints:
    """A logits processor that masks every row by its own constraint, as long as the row is being written."""

    def __init__(
        self, processors: Sequence[Any | None], limits: Sequence[int], start: int, vocabulary_size: int
    ) -> None:
        """Take a processor (or None) and a number of tokens for each row.

        Args:
            processors: one for each row, used for this batch only.
            limits: most tokens of each row's answer; a row that has them gets padding, which no grammar knows.
            start: length of the padded prompts.
            vocabulary_size: tokens of the tokenizer; a model may have more, which are never generated.
        """
        self._processors = processors
        self._limits = limits
        self._start = start
        self._vocabulary_size = vocabulary_size
        self._highest: list[Any] = []
        self._lowest: list[Any] = []

    def find_worthless(self, lengths: Sequence[int]) -> list[FinishReason | None]:
        """Return for each row why its text isn't the model's: scores were not finite, or alike in every step.

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
        """Keep the extremes of a step's scores: NaN where any is; read at the end, so that nothing waits for them."""
        self._highest.append(scores.amax(-1))
        self._lowest.append(scores.amin(-1))

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return the scores (rows, model's vocabulary) with what may not come next at minus infinity."""
        written = input_ids.shape[1] - self._start
        self.note(scores)
        for row, processor in enumerate(self._processors):
            if processor is None or written >= self._limits[row]:
                continue
            scores[row, self._vocabulary_size :] = float("-inf")
            known = scores[row : row + 1, : self._vocabulary_size].clone()
            scores[row, : self._vocabulary_size] = processor(input_ids[row : row + 1], known)[0]
        return scores


def _judge(finite: Sequence[bool], alike: Sequence[bool]) -> FinishReason | None:
    """Judge by the steps of one row."""
    if not all(finite):
        return "not-finite"
    return "undecided" if alike and all(alike) else None


class RowLimits:
    """A stopping criterion: a row ends at its own number of tokens, and all of them at the deadline."""

    def __init__(self, limits: Sequence[int], start: int, deadline: float | None) -> None:
        """Take each row's most tokens, the length of the padded prompts, and a moment of `time.monotonic()`."""
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
    """A stopping criterion that ends no row: it tells what each row holds after every token."""

    def __init__(self, tell: Callable[[int, list[int]], None], start: int) -> None:
        """Take what is told (row, token ids generated so far), and the length of the padded prompts."""
        self._tell = tell
        self._start = start

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG002  generate gives both
        """Return a boolean tensor (rows) that is False throughout."""
        import torch

        for row, token_ids in enumerate(input_ids[:, self._start :].tolist()):
            self._tell(row, token_ids)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)

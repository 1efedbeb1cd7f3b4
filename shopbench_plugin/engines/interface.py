"""The interface that every engine implements."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol, runtime_checkable

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import FinishReason, Message


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request to an engine.

    Attributes:
        messages: a dialogue that ends with the user's turn.
        constraint: what may be generated.
        adapter: folder of the LoRA adapter to use; None for the engine's own `adapter`, or the base. An engine that has
            adapters loads a further one on request, if its rank is no larger than theirs.
    """

    messages: tuple[Message, ...]
    constraint: Constraint
    adapter: str | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """An engine's answer.

    Attributes:
        text: the generated text without the end token.
        finish_reason: why it ended; a server's own reason is kept.
        prompt_tokens: tokens of the prompt; 0 if the engine doesn't report them.
        cached_tokens: prompt tokens that came from the prefix cache.
        generated_tokens: tokens of the answer.
        refusal: why the prompt was refused, or got an answer without text; "" if it was answered.
        label_logprobs: log-probability of each of the constraint's choices, if requested.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    refusal: str = ""
    label_logprobs: tuple[float, ...] = ()


class RefusedError(ShopBenchError):
    """A request is refused for its content; a retry would be refused too."""


class Engine(Protocol):
    """Completes dialogues greedily."""

    @property
    def context_length(self) -> int:
        """Maximum number of tokens of a prompt and its answer together."""
        ...

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens of the dialogue as rendered for the model."""
        ...

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        """Yield (index into `prompts`, completion) for every prompt, each as soon as it is ready.

        Args:
            prompts: all prompts to answer; engines choose the batches.
            deadline: time on `time.monotonic()` at which unfinished answers are given up; None for no limit.
        """
        ...

    def close(self) -> None:
        """Release memory, processes and connections."""
        ...


OnText = Callable[[int, str], None]
"""Called with (index into the prompts, text generated so far) after every step; the text may be unchanged."""


@runtime_checkable
class StreamingEngine(Engine, Protocol):
    """An engine that reports text while generating it."""

    def complete_streamed(
        self, prompts: Sequence[Prompt], deadline: float | None, on_text: OnText
    ) -> Iterator[tuple[int, Completion]]:
        """Complete like `complete`, and call `on_text` with what has been generated so far."""
        ...


@runtime_checkable
class ScoringEngine(Engine, Protocol):
    """An engine that returns the probability of each label instead of generating one."""

    def score_labels(self, prompts: Sequence[Prompt], deadline: float | None) -> Iterator[tuple[int, Completion]]:
        """Yield, like `complete`, the most probable choice for each prompt; the constraints must be choices.

        The `label_logprobs` are conditional on the answer being one of the choices; they are empty if time was up or
        the scores are not finite.
        """
        ...


def require_scoring(engine: Engine) -> ScoringEngine:
    """Return the engine, or raise a ShopBenchError if it can't score labels."""
    if not isinstance(engine, ScoringEngine):
        raise ShopBenchError(
            f"{type(engine).__name__} can't score labels; unset label_calibration, or use engine "
            "transformers, or vllm with data_parallel_size: 1"
        )
    return engine


def complete_with_label(
    choices: Sequence[str], logprobs: tuple[float, ...], prompt_tokens: int, cached_tokens: int = 0
) -> Completion:
    """Return a scoring engine's answer: the choice with the highest log-probability, the first one in a tie.

    Args:
        choices: of the prompt's constraint.
        logprobs: one per choice.
        prompt_tokens: tokens of the prompt.
        cached_tokens: prompt tokens that came from the prefix cache.
    """
    if not all(map(isfinite, logprobs)):
        return Completion(choices[0], "not-finite", prompt_tokens, cached_tokens)
    best = max(range(len(choices)), key=logprobs.__getitem__)
    return Completion(choices[best], "stop", prompt_tokens, cached_tokens, 1, label_logprobs=logprobs)

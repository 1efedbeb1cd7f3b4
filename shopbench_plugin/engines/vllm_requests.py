"""Requests to vLLM, and its answers: texts, or the log-probabilities of labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from shopbench_plugin.constraints import Constraint, to_vllm_arguments
from shopbench_plugin.engines.interface import Completion, complete_with_label
from shopbench_plugin.engines.label_tree import LabelTree, Tokens

_FEWEST_ALIKE = 2


@dataclass(frozen=True, slots=True)
class Request:
    """One of vLLM's requests.

    Attributes:
        index: of the prompt.
        token_ids: the prompt's, followed by those of `branch`.
        params: vLLM's sampling parameters.
        adapter: folder of the adapter to use, "" for none.
        branch: label tokens after the prompt, if the log-probabilities of their successors are requested.
    """

    index: int
    token_ids: list[int]
    params: Any
    adapter: str
    branch: Tokens = ()


@dataclass(slots=True)
class Pending:
    """A request and vLLM's latest output for it; None before its first step."""

    request: Request
    output: Any = None

    @property
    def is_finished(self) -> bool:
        """Whether vLLM is done with it."""
        return self.output is not None and self.output.finished


@dataclass(slots=True)
class LabelScores:
    """The known scores of a prompt's labels: the log-probabilities at the branches of their tree."""

    tree: LabelTree
    found: dict[Tokens, list[float]] = field(default_factory=dict)
    prompt_tokens: int = 0
    cached_tokens: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether all branches are known."""
        return len(self.found) == len(self.tree.branches)

    def add(self, pending: Pending) -> None:
        """Add the answer to a finished request."""
        branch = pending.request.branch
        logprobs = pending.output.outputs[0].logprobs[0]
        self.found[branch] = [logprobs[token].logprob for token in self.tree.branches[branch]]
        self.prompt_tokens = len(pending.request.token_ids) - len(branch)
        self.cached_tokens = max(self.cached_tokens, pending.output.num_cached_tokens or 0)

    def to_completion(self, choices: Sequence[str]) -> Completion:
        """Return the most probable of the `choices` with the log-probabilities of all."""
        logprobs = self.tree.find_logprobs(self.found)
        return complete_with_label(choices, logprobs, self.prompt_tokens, self.cached_tokens)


def read_completion(pending: Pending) -> Completion:
    """Return what vLLM wrote, by the deadline where it isn't finished."""
    tokens = len(pending.request.token_ids)
    if not pending.is_finished:
        return Completion(pending.output.outputs[0].text if pending.output else "", "deadline", tokens)
    answer = pending.output.outputs[0]
    return Completion(
        text=answer.text,
        finish_reason=_read_reason(answer),
        prompt_tokens=tokens,
        cached_tokens=pending.output.num_cached_tokens or 0,
        generated_tokens=len(answer.token_ids),
    )


def _read_reason(answer: Any) -> Any:
    """Return vLLM's finish reason, unless the log-probabilities show that the text isn't the model's.

    NaN among the scores of a step makes the log-probability of its token NaN too. If a constraint allows n tokens with
    equal scores, the chosen one has rank n (n tokens score at least as high) and probability 1/n. Two equal tokens may
    be a coincidence: 16 bits can't distinguish close scores.
    """
    if not math.isfinite(answer.cumulative_logprob):
        return "not-finite"
    chosen = [token for step in answer.logprobs for token in step.values()]
    if any(token.rank > _FEWEST_ALIKE for token in chosen) and all(
        math.isclose(token.logprob, -math.log(token.rank), abs_tol=1e-4) for token in chosen
    ):
        return "undecided"
    return answer.finish_reason or "stop"


@lru_cache(maxsize=4096)
def sampling_params(constraint: Constraint) -> Any:
    """Return vLLM's parameters for greedy text under a constraint, built once for equal ones."""
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    arguments = to_vllm_arguments(constraint)
    return SamplingParams(
        temperature=0.0,
        max_tokens=constraint.max_tokens,
        structured_outputs=StructuredOutputsParams(**arguments) if arguments else None,
        logprobs=0,  # of the generated token only: shows scores that are not finite, or all equal
    )


@lru_cache(maxsize=4096)
def scoring_params(tokens: Tokens) -> Any:
    """Return vLLM's parameters for the log-probabilities of only these tokens at the next position."""
    from vllm import SamplingParams

    return SamplingParams(temperature=0.0, max_tokens=1, logprob_token_ids=list(tokens))

"""What it costs to look whether a model's scores are finite and tell tokens apart: the same run with and without it.

    python benchmarks/bench_finite.py [--model outputs/demo/base] [--rounds 12] [--questions 228]    (after `make demo`)

Rounds alternate which of the two comes first. The ratio of a round is processor time with the check over processor time
without it, which other programs disturb less than the clock; printed are the median and the middle half of the rounds.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from shopbench_plugin.constraints import build_constraint
from shopbench_plugin.engines import row_control, vllm_engine, vllm_requests
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.engines.vllm_engine import VllmSettings
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.prompting.messages import PromptSettings, build_messages
from shopbench_plugin.routing import route_question

from measurements import cap

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure both engines and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=ROOT / "outputs/demo/base")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--questions", type=int, default=228)
    arguments = parser.parse_args()
    prompts = read_prompts(arguments.questions)
    for settings, unchecked in (
        (VllmSettings(model=str(arguments.model)), answer_vllm_unchecked),
        (TransformersSettings(model=str(arguments.model)), answer_transformers_unchecked),
    ):
        engine = load_engine(settings)
        ways = (partial(answer, engine, prompts), partial(unchecked, engine, prompts))
        for way in ways:
            way()  # compiles grammars and fills the prefix cache
        ratios = [measure_round(ways, number) for number in range(arguments.rounds)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"{settings.name}: {middle:.3f} ({low:.3f} to {high:.3f}), {arguments.rounds} rounds of {len(prompts)} "
            f"questions, one of {time_one(ways[0]):.1f} s",
            flush=True,
        )
        engine.close()


def read_prompts(count: int) -> list[Prompt]:
    """Return the sample's first questions without demonstrations, each with its constraint."""
    found = []
    for question in read_development_set(ROOT / "data" / "shopbench_sample.jsonl")[:count]:
        routed = route_question(question)
        found.append(cap(Prompt(build_messages(routed, (), PromptSettings()), build_constraint(routed))))
    return found


def measure_round(ways: tuple[Callable[[], None], ...], number: int) -> float:
    """Return the processor time with the check as a share of that without it."""
    seconds = {place: time_one(ways[place]) for place in ((0, 1) if number % 2 else (1, 0))}
    return seconds[0] / seconds[1]


def time_one(way: Callable[[], None]) -> float:
    """Return the processor seconds of one run."""
    started = time.process_time()
    way()
    return time.process_time() - started


def answer(engine: Any, prompts: list[Prompt]) -> None:
    """Answer all prompts."""
    for _ in engine.complete(prompts):
        pass


def answer_vllm_unchecked(engine: Any, prompts: list[Prompt]) -> None:
    """Answer without log-probabilities, from which the check reads."""
    make = vllm_engine.sampling_params

    def make_less(constraint: Any) -> Any:
        parameters = make(constraint).clone()
        parameters.logprobs = None
        return parameters

    with (
        patch.object(vllm_engine, "sampling_params", make_less),
        patch.object(vllm_requests, "_read_reason", lambda answer: answer.finish_reason or "stop"),
    ):
        answer(engine, prompts)


class Unchecked(row_control.RowConstraints):
    """Constraints that keep no step's scores."""

    def find_worthless(self, lengths: Any) -> list[Any]:
        """Find nothing."""
        return [None] * len(lengths)

    def note(self, scores: Any) -> None:
        """Keep nothing."""


def answer_transformers_unchecked(engine: Any, prompts: list[Prompt]) -> None:
    """Answer without the extremes of every step's scores."""
    with patch("shopbench_plugin.engines.transformers_engine.RowConstraints", Unchecked):
        answer(engine, prompts)


if __name__ == "__main__":
    main()

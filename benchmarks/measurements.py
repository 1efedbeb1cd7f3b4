"""A run of questions through an engine, timed."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.demonstrations.choice import DemonstrationSet
from shopbench_plugin.engines.interface import Completion, Prompt
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict import Prediction, Predictor, PredictorSettings
from shopbench_plugin.predict.predictor import collect
from shopbench_plugin.scoring.parsers import is_unparsable, parse_answer

# A random model never stops: all that is compared writes at most what the starter kit lets it write.
MOST_TOKENS = 100


@dataclass(frozen=True)
class Measurement:
    """One way of answering: how long, with how much of it in which place."""

    name: str
    questions: int
    seconds: float
    cores: float
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    preparing: float = 0.0
    tokenizing: float = 0.0
    invalid: int = 0

    @property
    def rate(self) -> float:
        """Questions per second."""
        return self.questions / self.seconds


class ObservedEngine:
    """An engine whose answers are capped in length and whose clock is read on the way."""

    def __init__(self, engine: Any) -> None:
        """Take an engine of this process; its tokenizing is timed from inside."""
        self.engine = engine
        self.context_length: int = engine.context_length
        self.count_tokens = engine.count_tokens
        self.asked: list[Prompt] = []
        self.completions: dict[int, Completion] = {}
        self.first_asked = self.tokenizing = 0.0
        encode = engine._chat.encode  # noqa: SLF001  nothing outside tells how long it takes

        def encode_timed(messages: Any) -> list[int]:
            started = time.perf_counter()
            token_ids: list[int] = encode(messages)
            self.tokenizing += time.perf_counter() - started
            return token_ids

        engine._chat.encode = encode_timed  # noqa: SLF001  the same

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        """Complete the prompts, cut to the common length."""
        self.first_asked = time.perf_counter()
        self.asked = [cap(prompt) for prompt in prompts]
        for index, completion in self.engine.complete(self.asked, deadline):
            self.completions[index] = completion
            yield index, completion

    def forget(self) -> None:
        """Empty the prefix cache and the counters."""
        if hasattr(self.engine, "_engine"):
            self.engine._engine.reset_prefix_cache()  # noqa: SLF001  only a benchmark wants that
        self.completions = {}
        self.tokenizing = 0.0

    def close(self) -> None:
        """Close the engine."""
        self.engine.close()


def cap(prompt: Prompt) -> Prompt:
    """Return the prompt with the common limit on its answer."""
    limit = min(prompt.constraint.max_tokens, MOST_TOKENS)
    return replace(prompt, constraint=replace(prompt.constraint, max_tokens=limit))


def measure(name: str, engine: ObservedEngine, questions: int, work: Callable[[], Sequence[Prediction]]) -> Measurement:
    """Time `work`, which answers `questions` questions through `engine`."""
    engine.forget()
    started, computed = time.perf_counter(), time.process_time()
    predictions = work()
    seconds = time.perf_counter() - started
    done = engine.completions.values()
    return Measurement(
        name=name,
        questions=questions,
        seconds=seconds,
        cores=(time.process_time() - computed) / seconds,
        prompt_tokens=sum(completion.prompt_tokens for completion in done),
        cached_tokens=sum(completion.cached_tokens for completion in done),
        generated_tokens=sum(completion.generated_tokens for completion in done),
        preparing=max(0.0, engine.first_asked - started),
        tokenizing=engine.tokenizing,
        invalid=sum(not is_valid(prediction) for prediction in predictions),
    )


def is_valid(prediction: Prediction) -> bool:
    """Tell whether the evaluator can read the answer."""
    return not is_unparsable(parse_answer(TaskType(prediction.task_type), prediction.prediction))


def run_predictor(
    name: str, engine: ObservedEngine, questions: Sequence[Question], shown: DemonstrationSet
) -> Measurement:
    """Measure the whole pipeline, from questions to repaired answers."""
    predictor = Predictor(PredictorSettings(engine=TransformersSettings(model="bench")), engine, shown)
    return measure(name, engine, len(questions), lambda: collect(predictor.answer(questions), len(questions)))


def run_prompts(name: str, engine: ObservedEngine, batches: Iterable[Sequence[Prompt]], questions: int) -> Measurement:
    """Measure batches that are answered one after the other, without routing or repairing."""

    def work() -> list[Prediction]:
        for number, batch in enumerate(batches):
            for index, completion in engine.engine.complete(batch):
                engine.completions[number * 1_000_000 + index] = completion
        return []

    return replace(measure(name, engine, questions, work), preparing=0.0)

"""An engine, a question format, and a metric of each kind, as somebody's own package brings them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shopbench_plugin.core.vocabulary import Message, TaskType
from shopbench_plugin.engines.interface import Completion, Prompt
from shopbench_plugin.engines.settings import EngineSettings
from shopbench_plugin.formats.form import QuestionFormat
from shopbench_plugin.scoring.metric import EmbeddingMetric, PlainMetric, PooledMetric


class EchoEngine:
    """Answers every question with the same words."""

    context_length = 4096

    def __init__(self, says: str) -> None:
        """Keep the words."""
        self._says = says

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Count a turn as a token."""
        return len(messages)

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        """Answer in order, however late."""
        for index, _ in enumerate(prompts):
            yield index, Completion(self._says, "stop" if deadline is None else "deadline")

    def close(self) -> None:
        """Hold nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoSettings(EngineSettings):
    """Answers every question with the same words.

    Attributes:
        says: the words.
    """

    name = "echo"

    says: str = "1"

    def load(self) -> EchoEngine:
        """Return the engine."""
        return EchoEngine(self.says)


CARDS = QuestionFormat(
    matches=lambda _, row: "card" in row,
    restate=lambda _, row: {
        "input_field": row["card"],
        "output_field": row["back"],
        "task_name": row["metric"],
        "task_type": "generation",
        "metric": row["metric"],
        "track": "cards",
    },
)


def pool(counts: Any) -> Any:
    """Return the share of the references' words that the answers hold."""
    right, words = np.moveaxis(counts, -1, 0)
    return right / np.maximum(words, 1)


EXACT = PlainMetric(task_type=TaskType.GENERATION, score=lambda text, reference: float(text == reference))
WORDS = PooledMetric(
    task_type=TaskType.GENERATION,
    count=lambda text, reference: (len(set(text.split()) & set(reference.split())), len(reference.split())),
    pool=pool,
)
MEANING = EmbeddingMetric(task_type=TaskType.GENERATION, model="all-MiniLM-L6-v2")

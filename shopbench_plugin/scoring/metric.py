"""What a metric is: plain (one number per answer), pooled (counts that add up over a task) or embedding.

A package adds one through an entry point of the group `shopbench.metrics`, whose name is the questions' `metric`:

    [project.entry-points."shopbench.metrics"]
    "exact match" = "my_package:EXACT_MATCH"
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shopbench_plugin.core.registry import Registry
from shopbench_plugin.core.vocabulary import TaskType

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

OUTSIDE_METRICS = Registry("metric", "shopbench.metrics", {})


def accept_any_reference(_: Any) -> None:
    """Return None: the metric reads every reference that its task type allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The fields that the three kinds share.

    Attributes:
        task_type: task type of the questions that it scores; the evaluator's parser for it reads the answers.
        find_problem: returns why a reference that is valid for the task type can't be scored, or None.
    """

    task_type: TaskType
    find_problem: Callable[[Any], str | None] = accept_any_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainMetric(Metric):
    """A task's score is the mean of `score(parsed answer, reference)`, from 0 to 1."""

    score: Callable[[Any, Any], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledMetric(Metric):
    """A task's score is `pool` of its answers' summed counts.

    Attributes:
        count: returns the counts of (parsed answer, reference), the same number for each answer.
        pool: maps summed counts, shape (..., counts), to scores, shape (...); called with many sums at once.
    """

    count: Callable[[Any, Any], Sequence[float]]
    pool: "Callable[[Floats], Floats]"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingMetric(Metric):
    """A task's score is the mean cosine similarity of answer and references, negative ones counted as 0.

    Attributes:
        model: hub name or folder of the sentence-transformers model.
        is_optional: leave the questions unscored, instead of failing, if the model can't be loaded.
    """

    model: str
    is_optional: bool = False

"""What an evaluator is: a parser per task type, and metrics by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, shorten, unknown_name
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.formats.questions import find_reference_problem
from shopbench_plugin.scoring.metric import OUTSIDE_METRICS, Metric
from shopbench_plugin.scoring.parsers import Parsed


@dataclass(frozen=True, slots=True)
class Evaluator:
    """How answers are read and scored. Every evaluator's scores are averaged over tasks, then over tracks.

    Attributes:
        source: the code that it reimplements.
        parsers: parser of an answer, by the question's task type.
        metrics: its own metrics by name; those of other packages are added to every evaluator.
    """

    source: str
    parsers: Mapping[TaskType, Callable[[str], Parsed]]
    metrics: Mapping[str, Metric]

    def parse(self, task_type: TaskType, answer: str) -> Parsed:
        """Return what this evaluator parses from `answer`."""
        return self.parsers[task_type](answer)

    def find_metric(self, name: str) -> Metric:
        """Return the metric of that name.

        Raises:
            ShopBenchError: there is none, or another package's can't be loaded.
        """
        if name in self.metrics:
            return self.metrics[name]
        if name not in OUTSIDE_METRICS.list_names():
            raise unknown_name("metric", name, {*self.metrics, *OUTSIDE_METRICS.list_names()})
        found: Any = OUTSIDE_METRICS.find(name)
        if not isinstance(found, Metric):
            raise ShopBenchError(
                f"metric '{name}': its entry point names {shorten(found)}; make it a PlainMetric, PooledMetric or "
                "EmbeddingMetric of shopbench_plugin.scoring.metric"
            )
        return found

    def find_problem(self, question: Question) -> str | None:
        """Return a short reason why answers to `question` can't be scored, or None if they can."""
        if question.task_type is None or question.metric is None or question.output_field is None:
            return "no task_type, metric or output_field"
        try:
            metric = self.find_metric(question.metric)
        except ShopBenchError as error:
            return str(error)
        if question.task_type is not metric.task_type:
            return f"metric '{question.metric}' scores {metric.task_type}, not {question.task_type}"
        problem = metric.find_problem(question.output_field)
        return find_reference_problem(question) or (problem and f"metric '{question.metric}' {problem}")

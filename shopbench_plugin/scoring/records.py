"""The records of the scoring: settings, scored answers, scores of groups."""

from dataclasses import dataclass

from shopbench_plugin.core.embedding_models import ENGLISH_MODEL, MULTILINGUAL_MODEL
from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.core.evaluators import DEFAULT_EVALUATOR, EVALUATORS
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.scoring.metric import Metric
from shopbench_plugin.scoring.parsers import Parsed, is_unparsable

_FEWEST_RESAMPLES = 100


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """What a score depends on besides the answers.

    Attributes:
        english_model: hub name or folder of the model for the metric sent-transformer.
        multilingual_model: the same for multilingual-sent-transformer; if it is unavailable, its questions are not
            scored.
        resamples: bootstrap samples for each interval, and random halves for each comparison.
        seed: random seed of the resampling.
        confidence: the share of resamples within an interval.
        evaluator: name in EVALUATORS of the evaluator whose parsers and metrics are used.
    """

    english_model: str = ENGLISH_MODEL
    multilingual_model: str = MULTILINGUAL_MODEL
    resamples: int = 2_000
    seed: int = 0
    confidence: float = 0.95
    evaluator: str = DEFAULT_EVALUATOR

    def __post_init__(self) -> None:
        """Check all settings now: the scores come after the answers, which may have taken hours.

        Raises:
            ShopBenchError: settings are out of range (the message names all of them), or the evaluator is unknown.
        """
        ranges = {
            "english_model": (bool(self.english_model), "a model's name or folder"),
            "multilingual_model": (bool(self.multilingual_model), "a model's name or folder"),
            "resamples": (self.resamples >= 0, "0 or more"),
            "seed": (self.seed >= 0, "0 or more"),
            "confidence": (0 < self.confidence < 1, "between 0 and 1"),
        }
        wrong = [
            f"{name} is {getattr(self, name)!r}, not {wanted}" for name, (holds, wanted) in ranges.items() if not holds
        ]
        if wrong:
            raise ShopBenchError(f"scoring: {'; '.join(wrong)}")
        if self.evaluator not in EVALUATORS.list_names():
            raise unknown_name("evaluator", self.evaluator, EVALUATORS.list_names())

    def check_resamples(self, purpose: str) -> None:
        """Raise a ShopBenchError if there are too few resamples for `purpose`, such as "a verdict"."""
        if self.resamples < _FEWEST_RESAMPLES:
            raise ShopBenchError(
                f"'scoring.resamples' is {self.resamples}: {purpose} needs at least {_FEWEST_RESAMPLES}"
            )

    def find_model(self, model: str) -> str:
        """Return the model to use in place of the one that a metric names."""
        return {ENGLISH_MODEL: self.english_model, MULTILINGUAL_MODEL: self.multilingual_model}.get(model, model)


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """A prediction with its score.

    Attributes:
        answered: the prediction.
        parsed: what the evaluator read.
        metric: the metric that scored it.
        score: from 0 to 1 (more with Shopping MMLU's NDCG); None if the metric's model could not be loaded.
        counts: what a pooled metric adds up over the task; None for other metrics.
        reason: why there is no score; None if there is one.
    """

    answered: Prediction
    parsed: Parsed
    metric: Metric
    score: float | None
    counts: tuple[float, ...] | None
    reason: str | None = None

    @property
    def is_unparsable(self) -> bool:
        """Whether the evaluator found nothing to score in the answer."""
        return is_unparsable(self.parsed)


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a score would lie with other questions of the same kind."""

    low: float
    high: float

    def __format__(self, form: str) -> str:
        """Return both ends in a number's format such as "+.3f" or ".1%"."""
        return f"{self.low:{form}} to {self.high:{form}}"


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The score of a task, a task type, a track or everything.

    Attributes:
        score: None if no question of the group could be scored.
        questions: the number of questions, scored or not.
        unparsable: the number of answers in which the evaluator can't read anything.
        not_scored: the number of questions without a score because an embedding model is missing.
        interval: None if there is no score or no resampling.
    """

    score: float | None
    questions: int
    unparsable: int
    not_scored: int
    interval: Interval | None = None

    def describe(self) -> str:
        """Return the score with three decimals, and how many questions it leaves out."""
        if self.score is None:
            return "not scored"
        return f"{self.score:.3f}" + (f" ({self.not_scored} not scored)" if self.not_scored else "")

    def describe_with_interval(self) -> str:
        """Return the description with the interval in brackets, if there is one."""
        return self.describe() + (f" ({self.interval:.3f})" if self.interval else "")


@dataclass(frozen=True, slots=True)
class TaskScore(GroupScore):
    """A task's score with its metric and type, each joined by " + " if questions differ."""

    metric: str = ""
    task_type: str = ""
    track: str | None = None

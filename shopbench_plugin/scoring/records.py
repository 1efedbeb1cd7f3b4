"""What travels through the scoring: settings, scored answers, scores of groups."""

from dataclasses import dataclass

from shopbench_plugin.core.embedding_models import ENGLISH_MODEL, MULTILINGUAL_MODEL
from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.core.evaluators import DEFAULT_EVALUATOR, EVALUATORS
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.scoring.metric import Metric
from shopbench_plugin.scoring.parsers import Parsed


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """What a score depends on besides the answers.

    Attributes:
        english_model: hub name or folder of the model behind the metric sent-transformer.
        multilingual_model: the same for multilingual-sent-transformer; where it can't be had, its questions are not
            scored.
        embedding_batch_size: texts in one pass through an embedding model.
        resamples: bootstrap samples behind each interval, and swaps behind each comparison.
        seed: what the resampling starts from.
        confidence: the share of resamples that an interval holds.
        evaluator: whose parsers and metrics are used, a name in EVALUATORS.
    """

    english_model: str = ENGLISH_MODEL
    multilingual_model: str = MULTILINGUAL_MODEL
    embedding_batch_size: int = 64
    resamples: int = 2_000
    seed: int = 0
    confidence: float = 0.95
    evaluator: str = DEFAULT_EVALUATOR

    def __post_init__(self) -> None:
        """Check all of it now: the scores come after the answers, which may have taken hours.

        Raises:
            ShopBenchError: a setting is out of its range; all of them are named. Or the evaluator is unknown.
        """
        ranges = {
            "english_model": (bool(self.english_model), "a model's name or folder"),
            "multilingual_model": (bool(self.multilingual_model), "a model's name or folder"),
            "embedding_batch_size": (self.embedding_batch_size >= 1, "1 or more"),
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

    def find_model(self, model: str) -> str:
        """Return the model that is used for the one that a metric names."""
        return {ENGLISH_MODEL: self.english_model, MULTILINGUAL_MODEL: self.multilingual_model}.get(model, model)


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """A prediction with its score.

    Attributes:
        answered: what was scored.
        parsed: what the evaluator read.
        metric: what scored it.
        score: from 0 to 1 (more with Shopping MMLU's NDCG); None where the metric's model could not be loaded.
        counts: what a pooled metric adds up over the task; None for other metrics.
        is_unparsable: whether the evaluator found nothing to score in the answer.
        reason: why there is no score; None where there is one.
    """

    answered: Prediction
    parsed: Parsed
    metric: Metric
    score: float | None
    counts: tuple[float, ...] | None
    is_unparsable: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a score would lie with other questions of the same kind."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The score of a task, a task type, a track or everything.

    Attributes:
        score: None where no question of the group could be scored.
        questions: how many questions there are, scored or not.
        unparsable: how many answers hold nothing that the evaluator can read.
        not_scored: how many questions have no score, for want of an embedding model.
        interval: None where there is no score or no resampling was asked for.
    """

    score: float | None
    questions: int
    unparsable: int
    not_scored: int
    interval: Interval | None = None

    def describe(self) -> str:
        """Return the score with three places, and how many questions it leaves out."""
        if self.score is None:
            return "not scored"
        return f"{self.score:.3f}" + (f" ({self.not_scored} not scored)" if self.not_scored else "")


@dataclass(frozen=True, slots=True)
class TaskScore(GroupScore):
    """A task's score with what the task is; `metric` and `task_type` join names by " + " where questions differ."""

    metric: str = ""
    task_type: str = ""
    track: str | None = None

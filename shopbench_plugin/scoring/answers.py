"""Scores predictions: the evaluator's parser, then the metric that the question names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.evaluators import DEFAULT_EVALUATOR, EVALUATORS
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.progress import track
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.formats.competition import parse_question
from shopbench_plugin.scoring.embeddings import Pair, score_similarities
from shopbench_plugin.scoring.evaluators.evaluator import Evaluator
from shopbench_plugin.scoring.metric import EmbeddingMetric, Metric, PlainMetric, PooledMetric
from shopbench_plugin.scoring.parsers import Parsed
from shopbench_plugin.scoring.records import ScoredAnswer, ScoringSettings

_FEWEST_WATCHED = 1_000
"""Progress is shown from this many answers on: fewer take less than a second."""
_SETTINGS = {name: ScoringSettings(evaluator=name) for name in EVALUATORS.own}


def score_answers(answered: Sequence[Prediction], settings: ScoringSettings) -> list[ScoredAnswer]:
    """Score each answer by its question's metric, in the same order.

    Answers compared by embeddings are scored together at the end, so that each text goes through its model once.

    Raises:
        ShopBenchError: a question has no usable reference, an unknown metric or one that doesn't fit its task type,
            or a library that a metric needs is not installed.
    """
    evaluator: Evaluator = EVALUATORS.find(settings.evaluator)
    watched: Iterable[Prediction] = answered
    if len(answered) >= _FEWEST_WATCHED:
        watched = track(answered, doing="scoring", total=len(answered), unit="answers")
    scored = [_score_alone(one, evaluator) for one in watched]
    waiting: dict[EmbeddingMetric, list[int]] = {}
    for place, one in enumerate(scored):
        if isinstance(one.metric, EmbeddingMetric):
            waiting.setdefault(one.metric, []).append(place)
    for metric, places in waiting.items():
        done = _score_similarities([scored[place] for place in places], metric, settings)
        for place, one in zip(places, done, strict=True):
            scored[place] = one
    return scored


def score_answer(question: Question, answer: str, settings: ScoringSettings | None = None) -> float:
    """Return the score of one answer, from 0 to 1; micro F1 is the F1 of this answer alone.

    Raises:
        ShopBenchError: as `score_answers`; also if the metric's embedding model can't be loaded.
    """
    scored = score_answers([Prediction(question, answer)], settings or ScoringSettings())[0]
    if scored.score is None:
        raise ShopBenchError(f"metric '{question.metric}': {scored.reason}")
    return scored.score


def reward(question: Question | Mapping[str, Any], answer: str, evaluator: str = DEFAULT_EVALUATOR) -> float:
    """Return the score of one answer, clipped to [0, 1], for trainers that learn from rewards.

    Args:
        question: a record or a development set's row, with reference, task type and metric.
        answer: the model's output; repair it first if it will be repaired in production.
        evaluator: the evaluator's name.

    Raises:
        ShopBenchError: as `score_answer`.
    """
    if not isinstance(question, Question):
        question = parse_question(question, "question")
    settings = _SETTINGS.get(evaluator) or ScoringSettings(evaluator=evaluator)
    return min(max(score_answer(question, answer, settings), 0.0), 1.0)


def _score_alone(answered: Prediction, evaluator: Evaluator) -> ScoredAnswer:
    """Parse the answer and score it, unless the score needs an embedding model."""
    question = answered.question
    problem = evaluator.find_problem(question)
    if problem is not None or question.task_type is None or question.metric is None:
        raise ShopBenchError(f"question '{question.input_field[:60]}': {problem}")
    parsed = evaluator.parse(question.task_type, answered.prediction)
    metric = evaluator.find_metric(question.metric)
    score, counts = _apply_metric(metric, parsed, question.output_field)
    return ScoredAnswer(answered, parsed, metric, score, counts)


def _apply_metric(metric: Metric, parsed: Parsed, reference: Any) -> tuple[float | None, tuple[float, ...] | None]:
    if isinstance(metric, PlainMetric):
        return metric.score(parsed, reference), None
    if isinstance(metric, PooledMetric):
        import numpy as np

        counts = tuple(metric.count(parsed, reference))
        return float(metric.pool(np.array(counts, dtype=np.float64))), counts
    return None, None


def _make_pair(scored: ScoredAnswer) -> Pair:
    reference = scored.answered.question.output_field
    references = reference if isinstance(reference, list) else [reference]
    return Pair(str(scored.parsed), tuple(str(text) for text in references))


def _score_similarities(
    answers: Sequence[ScoredAnswer], metric: EmbeddingMetric, settings: ScoringSettings
) -> Iterator[ScoredAnswer]:
    """Yield the answers with their scores, or the reason why an optional metric's model can't be loaded."""
    try:
        similarities = score_similarities([_make_pair(answer) for answer in answers], settings.find_model(metric.model))
    except ShopBenchError as error:
        if not metric.is_optional:
            raise
        yield from (replace(answer, reason=str(error)) for answer in answers)
    else:
        for answer, similarity in zip(answers, similarities, strict=True):
            yield replace(answer, score=similarity)

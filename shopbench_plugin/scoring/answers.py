"""From answered questions to scored answers: parse, then the metric that the question names."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.formats.questions import find_reference_problem
from shopbench_plugin.scoring.embeddings import Pair, score_similarities
from shopbench_plugin.scoring.metrics import (
    EntityCounts,
    compute_f1,
    count_entities,
    score_choice,
    score_hit_rate,
    score_ndcg,
)
from shopbench_plugin.scoring.parsers import Parsed, is_unparsable, parse_answer
from shopbench_plugin.scoring.records import AnsweredQuestion, ScoredAnswer, ScoringSettings
from shopbench_plugin.scoring.text_metrics import score_bleu, score_rouge_l

MICRO_F1 = "micro f1"
SENTENCE_SIMILARITY = "sent-transformer"
MULTILINGUAL_SIMILARITY = "multilingual-sent-transformer"

_SCORERS: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": score_choice,
    "hit rate@3": score_hit_rate,
    "ndcg": score_ndcg,
    "rougel": score_rouge_l,
    "bleu": score_bleu,
    "jp-bleu": lambda text, reference: score_bleu(text, reference, is_japanese=True),
}
_TASK_TYPES: dict[str, TaskType] = {
    "accuracy": TaskType.MULTIPLE_CHOICE,
    "hit rate@3": TaskType.RETRIEVAL,
    "ndcg": TaskType.RANKING,
    MICRO_F1: TaskType.NAMED_ENTITY_RECOGNITION,
    "rougel": TaskType.GENERATION,
    "bleu": TaskType.GENERATION,
    "jp-bleu": TaskType.GENERATION,
    SENTENCE_SIMILARITY: TaskType.GENERATION,
    MULTILINGUAL_SIMILARITY: TaskType.GENERATION,
}
_ONE_REFERENCE = ("rougel", "bleu", "jp-bleu")
METRICS = tuple(_TASK_TYPES)


def score_answers(answered: Sequence[AnsweredQuestion], settings: ScoringSettings) -> list[ScoredAnswer]:
    """Score each answer by its question's metric, in the same order.

    Answers compared by embeddings are scored together at the end, so that each text goes through its model once.

    Raises:
        ShopBenchError: a question has no usable reference, an unknown metric or one that doesn't fit its task type,
            or a library that a metric needs is not installed.
    """
    scored = [_score_alone(one) for one in answered]
    models = {SENTENCE_SIMILARITY: settings.english_model, MULTILINGUAL_SIMILARITY: settings.multilingual_model}
    for metric, model in models.items():
        places = [place for place, one in enumerate(answered) if one.question.metric == metric]
        waiting = [scored[place] for place in places]
        for place, done in zip(
            places, _score_similarities(waiting, metric, model, settings.embedding_batch_size), strict=True
        ):
            scored[place] = done
    return scored


def score_answer(question: Question, answer: str, settings: ScoringSettings | None = None) -> float:
    """Return the score of one answer, from 0 to 1; micro F1 is the F1 of this answer alone.

    Raises:
        ShopBenchError: as `score_answers`; also where the metric's embedding model can't be had.
    """
    scored = score_answers([AnsweredQuestion(question, answer)], settings or ScoringSettings())[0]
    if scored.score is None:
        raise ShopBenchError(f"metric '{question.metric}': {scored.reason}")
    return scored.score


def find_problem(question: Question) -> str | None:
    """Return why answers to `question` can't be scored, in a few words, or None where they can."""
    if question.task_type is None or question.metric is None or question.output_field is None:
        return "no task_type, metric or output_field"
    if question.metric not in _TASK_TYPES:
        return str(unknown_name("metric", question.metric, METRICS))
    wanted = _TASK_TYPES[question.metric]
    if question.task_type is not wanted:
        return f"metric '{question.metric}' scores {wanted}, not {question.task_type}"
    return find_reference_problem(question) or _find_metric_problem(question)


def _find_metric_problem(question: Question) -> str | None:
    """Return why the metric can't read a reference that its task type allows, None where it can."""
    if question.metric == "accuracy" and not isinstance(question.output_field, int):
        return "accuracy needs an integer as reference: the evaluator reads answers as numbers"
    if question.metric in _ONE_REFERENCE and not isinstance(question.output_field, str):
        return f"metric '{question.metric}' takes one text as reference, not a list"
    return None


def _score_alone(answered: AnsweredQuestion) -> ScoredAnswer:
    """Parse the answer and score it, unless an embedding model has to."""
    question = answered.question
    problem = find_problem(question)
    if problem is not None:
        raise ShopBenchError(f"question '{question.input_field[:60]}': {problem}")
    assert question.task_type is not None  # noqa: S101  find_problem saw to it, said for mypy
    assert question.metric is not None  # noqa: S101  the same
    parsed = parse_answer(question.task_type, answered.prediction)
    score, counts = _apply_metric(question.metric, parsed, question.output_field)
    return ScoredAnswer(answered, parsed, score, counts, is_unparsable(parsed))


def _apply_metric(metric: str, parsed: Parsed, reference: Any) -> tuple[float | None, EntityCounts | None]:
    if metric == MICRO_F1:
        assert isinstance(parsed, list)  # noqa: S101  the parser of the metric's task type returns one
        counts = count_entities([str(entity) for entity in parsed], reference)
        return compute_f1(counts), counts
    scorer = _SCORERS.get(metric)
    return (scorer(parsed, reference) if scorer else None), None


def _make_pair(scored: ScoredAnswer) -> Pair:
    reference = scored.answered.question.output_field
    references = reference if isinstance(reference, list) else [reference]
    return Pair(str(scored.parsed), tuple(str(text) for text in references))


def _score_similarities(
    answers: Sequence[ScoredAnswer], metric: str, model: str, batch_size: int
) -> Iterator[ScoredAnswer]:
    """Yield the answers with their scores, or with the reason why the multilingual model can't be had.

    The English model comes with a package, so its absence is an error that installing mends; the other is on the
    hub alone, and a machine without a network still gets a score for everything else.
    """
    try:
        similarities = score_similarities([_make_pair(answer) for answer in answers], model, batch_size)
    except ShopBenchError as error:
        if metric == SENTENCE_SIMILARITY:
            raise
        yield from (replace(answer, reason=str(error)) for answer in answers)
    else:
        for answer, similarity in zip(answers, similarities, strict=True):
            yield replace(answer, score=similarity)

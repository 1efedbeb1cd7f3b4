"""Evaluates predictions: the functions that `shopbench evaluate` and notebooks call."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.core.evaluators import EVALUATORS
from shopbench_plugin.core.prediction import Prediction, read_prediction
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.formats.competition import parse_question
from shopbench_plugin.formats.predictions import read_predictions
from shopbench_plugin.formats.questions import read_development_set, read_reference
from shopbench_plugin.scoring.aggregation import Totals, aggregate
from shopbench_plugin.scoring.answers import score_answers
from shopbench_plugin.scoring.matching import Problem, match_predictions
from shopbench_plugin.scoring.provenance import find_change
from shopbench_plugin.scoring.records import GroupScore, ScoredAnswer, ScoringSettings, TaskScore
from shopbench_plugin.scoring.training_rows import type_by_wording
from shopbench_plugin.scoring.uncertainty import add_intervals


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every answer with its score, the groups' scores, and notes on what they leave out.

    Attributes:
        answers: in the order of the reference.
        totals: the scores of tasks, task types, tracks and all around.
        settings: the settings of the scoring.
        notes: one sentence per thing that was left out.
    """

    answers: list[ScoredAnswer]
    totals: Totals
    settings: ScoringSettings
    notes: list[str]

    @property
    def tasks(self) -> dict[str, TaskScore]:
        """The scores of the tasks by name."""
        return self.totals.tasks

    @property
    def tracks(self) -> dict[str, GroupScore]:
        """The scores of the tracks by name."""
        return self.totals.tracks

    @property
    def overall(self) -> GroupScore:
        """The score all around."""
        return self.totals.overall


def evaluate(rows: Iterable[Prediction | Mapping[str, Any]], settings: ScoringSettings | None = None) -> Evaluation:
    """Score answers: predictions for a development set's questions, or its rows with their `prediction`.

    Raises:
        ShopBenchError: there is no row, a row has a missing or malformed field, an answer is not a string, a metric is
            unknown, a task is in two tracks, or a library that a metric needs is not installed.
    """
    chosen = settings or ScoringSettings()
    answered = [_as_answered(row, place) for place, row in enumerate(rows, start=1)]
    if not answered:
        raise ShopBenchError("no answer to score; pass at least one row")
    check_tasks(one.question for one in answered)
    answers = score_answers(answered, chosen)
    totals = add_intervals(aggregate(answers), answers, chosen)
    return Evaluation(answers, totals, chosen, _explain_missing_scores(answers))


def evaluate_files(
    predictions: Path, reference: Path, settings: ScoringSettings | None = None, *, partial: bool = False
) -> Evaluation:
    """Score the rows of a predictions file against a development set.

    Args:
        predictions: what `shopbench predict` wrote.
        reference: the development set with the same questions in the same order.
        settings: what else the score depends on.
        partial: score what matches and note the rest, instead of raising.

    Raises:
        ShopBenchError: a file can't be read, the two don't match and `partial` is off, or a task is in two tracks.
    """
    chosen = settings or ScoringSettings()
    unreadable: list[str] = []
    rows = read_reference(reference, unreadable if partial else None, type_by_wording)
    questions = [question for question in rows if question is not None]
    match = match_predictions(read_predictions(predictions, rows), questions, chosen.evaluator)
    problems = [*(Problem("unreadable", 1, (problem,)) for problem in unreadable), *match.problems]
    mismatch = "; ".join(str(problem) for problem in problems)
    if mismatch and not partial:
        raise ShopBenchError(f"{predictions} does not match {reference}: {mismatch}; --partial scores what matches")
    if not match.answered:
        raise ShopBenchError(f"{predictions} does not match {reference}: no question can be scored; {mismatch}")
    check_tasks((one.question for one in match.answered), f"{reference}: ")
    evaluation = evaluate(match.answered, chosen)
    changes = filter(None, [find_change(predictions)])
    return replace(evaluation, notes=[*changes, *(f"partial: {problem}" for problem in problems), *evaluation.notes])


def read_scorable(path: Path, settings: ScoringSettings) -> list[Question]:
    """Read a development set whose answers can all be scored: a problem would otherwise show after hours.

    Raises:
        ShopBenchError: the file can't be read, lacks a reference, or has a question that can't be scored.
    """
    questions = read_development_set(path, type_by_wording)
    check_tasks(questions, f"{path}: ")
    evaluator = EVALUATORS.find(settings.evaluator)
    for number, question in enumerate(questions, start=1):
        problem = evaluator.find_problem(question)
        if problem is not None:
            raise ShopBenchError(f"{path}: question {number} can't be scored: {problem}; fix or remove it")
    return questions


def check_tasks(questions: Iterable[Question], source: str = "") -> None:
    """Check that each question names its task, and that all questions of a task have the same track or none.

    Raises:
        ShopBenchError: one doesn't; the message names it, after `source`.
    """
    tracks: dict[str, str | None] = {}
    for question in questions:
        name, place = question.task_name, f"{source}question '{question.input_field[:60]}'"
        if name is None:
            raise ShopBenchError(f"{place}: no 'task_name'; every row of a development set needs it")
        first = tracks.setdefault(name, question.track)
        if question.track != first:
            raise ShopBenchError(
                f"{place}: 'track' is {shorten(question.track)}, but {shorten(first)} in earlier questions of task "
                f"{shorten(name)}; use the same track in all questions of a task"
            )


def _as_answered(row: Prediction | Mapping[str, Any], place: int) -> Prediction:
    """Return the record of a development row that carries its `prediction`."""
    if isinstance(row, Prediction):
        return row
    if not isinstance(row, Mapping):
        raise ShopBenchError(f"row {place}: is {row!r:.60}; pass rows of a development set with their 'prediction'")
    asked = {field.name for field in fields(Question)}
    prediction = read_prediction(
        {name: value for name, value in row.items() if name not in asked}, parse_question(row, f"row {place}")
    )
    if not prediction.has_answer:
        value = prediction.others["prediction"]
        raise ShopBenchError(f"row {place}: 'prediction' is {value!r:.60}; it must be a string")
    return prediction


def _explain_missing_scores(answers: Iterable[ScoredAnswer]) -> list[str]:
    reasons = Counter(answer.reason for answer in answers if answer.reason is not None)
    return [
        f"{count} questions are not scored and left out of every mean: {reason}" for reason, count in reasons.items()
    ]

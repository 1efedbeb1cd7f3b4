"""Compares two models' answers to the same questions: better, worse, or too few questions to tell."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.scoring.aggregation import Group, aggregate, group_by_task
from shopbench_plugin.scoring.evaluation import Evaluation, evaluate_files
from shopbench_plugin.scoring.paired_test import PairedTest, judge_halves
from shopbench_plugin.scoring.records import Interval, ScoredAnswer, ScoringSettings
from shopbench_plugin.scoring.resampling import average_groups, draw_halves
from shopbench_plugin.scoring.statistics import collect_statistics
from shopbench_plugin.scoring.uncertainty import add_intervals

if TYPE_CHECKING:
    from shopbench_plugin.scoring.metric import Floats

_FEWEST_RUNS = 2
_SMALLEST_SHOWN = 0.001


class Verdict(StrEnum):
    """What the differences show about the candidate."""

    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Difference:
    """A group's two scores and the verdict on their difference.

    Attributes:
        baseline: the baseline's score.
        candidate: the candidate's score.
        interval: of candidate minus baseline; None if there are too few questions, or all differ alike.
        p_value: how often chance alone produces a difference as large.
        verdict: of the candidate.
    """

    baseline: float
    candidate: float
    interval: Interval | None
    p_value: float
    verdict: Verdict

    @property
    def difference(self) -> float:
        """Candidate minus baseline."""
        return self.candidate - self.baseline

    def describe(self) -> tuple[str, str, str, str, str, str]:
        """Return the cells of a table: baseline, candidate, difference, its interval, p, verdict."""
        return (
            f"{self.baseline:.3f}",
            f"{self.candidate:.3f}",
            f"{self.difference:+.3f}",
            f"{self.interval:+.3f}" if self.interval else "",
            describe_p_value(self.p_value),
            self.verdict.value,
        )

    def describe_with_interval(self) -> str:
        """Return the difference with its interval in brackets, if there is one."""
        return f"{self.difference:+.3f}" + (f" ({self.interval:+.3f})" if self.interval else "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate against the baseline, group by group; groups without a score are left out."""

    baseline: str
    candidate: str
    differences: dict[Group, Difference]


def compare(
    baseline: Evaluation, candidate: Evaluation, names: tuple[str, str] = ("baseline", "candidate")
) -> Comparison:
    """Compare two evaluations of the same questions, in the same order and with the same settings.

    Raises:
        ShopBenchError: they contain different scored questions, or were made without resampling.
    """
    if baseline.settings != candidate.settings or baseline.settings.resamples == 0:
        raise ShopBenchError(f"'{names[0]}' and '{names[1]}' must be scored with the same settings and with resampling")
    _check_same_questions(baseline.answers, candidate.answers, names)
    settings = baseline.settings
    groups = group_by_task(baseline.answers), group_by_task(candidate.answers)
    halves = average_groups(
        baseline.totals,
        {
            name: draw_halves(name, _subtract(groups[1][name], groups[0][name]), settings.resamples, settings.seed)
            for name, task in baseline.totals.tasks.items()
            if task.score is not None
        },
    )
    scores = baseline.totals.groups, candidate.totals.groups
    differences = {}
    for group, draws in halves.items():
        one, other = scores[0][group], scores[1][group]
        if one.score is not None and other.score is not None:
            found = judge_halves(draws, one.questions - one.not_scored, settings.confidence)
            verdict = _judge(other.score - one.score, found, settings.confidence)
            differences[group] = Difference(one.score, other.score, found.interval, found.p_value, verdict)
    return Comparison(*names, differences)


def compare_files(
    predictions: Sequence[Path], reference: Path, settings: ScoringSettings | None = None, *, partial: bool = False
) -> tuple[dict[str, Evaluation], list[Comparison]]:
    """Score two or more predictions files and compare each with the first.

    Returns:
        the evaluations by file name, or by full path if names repeat, and the comparisons.

    Raises:
        ShopBenchError: as `evaluate_files` and `compare`; also for fewer than two files, or a repeated one.
    """
    if len(set(predictions)) != len(predictions) or len(predictions) < _FEWEST_RUNS:
        raise ShopBenchError("a comparison needs two or more different predictions files; pass --predictions for each")
    stems = [path.stem for path in predictions]
    names = stems if len(set(stems)) == len(stems) else [str(path) for path in predictions]
    evaluations = [evaluate_files(path, reference, settings, partial=partial) for path in predictions]
    if partial:
        evaluations = keep_common_questions(evaluations)
    named = dict(zip(names, evaluations, strict=True))
    return named, [compare(evaluations[0], named[name], (names[0], name)) for name in names[1:]]


def describe_p_value(p_value: float) -> str:
    """Return p in its usual form: three decimals, never 0.000."""
    return f"{p_value:.3f}" if p_value >= _SMALLEST_SHOWN else f"<{_SMALLEST_SHOWN}"


def keep_common_questions(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Return the evaluations restricted to the questions that all contain, with a note if some are left out.

    Raises:
        ShopBenchError: they have no question in common.
    """
    numbered = [_number_questions(evaluation.answers) for evaluation in evaluations]
    common = set(numbered[0]).intersection(*numbered[1:])
    if not common:
        raise ShopBenchError("the predictions have no question in common; compare files that answer the same ones")
    return [
        _keep(evaluation, [answer for key, answer in answers.items() if key in common])
        for evaluation, answers in zip(evaluations, numbered, strict=True)
    ]


def _keep(evaluation: Evaluation, answers: list[ScoredAnswer]) -> Evaluation:
    left = len(evaluation.answers) - len(answers)
    if not left:
        return evaluation
    totals = add_intervals(aggregate(answers), answers, evaluation.settings)
    note = f"{left} questions are left out because another file does not answer them"
    return replace(evaluation, answers=answers, totals=totals, notes=[*evaluation.notes, note])


def _number_questions(answers: Sequence[ScoredAnswer]) -> dict[tuple[str, int], ScoredAnswer]:
    """Return the answers by their question's text and, if it repeats, the number of the repeat."""
    seen: Counter[str] = Counter()
    numbered = {}
    for answer in answers:
        text = answer.answered.question.input_field
        numbered[text, seen[text]] = answer
        seen[text] += 1
    return numbered


def _check_same_questions(
    baseline: Sequence[ScoredAnswer], candidate: Sequence[ScoredAnswer], names: tuple[str, str]
) -> None:
    def identify(answers: Sequence[ScoredAnswer]) -> list[tuple[object, bool]]:
        return [(answer.answered.question, answer.score is None) for answer in answers]

    if identify(baseline) != identify(candidate):
        raise ShopBenchError(
            f"'{names[0]}' and '{names[1]}' contain different questions; compare only those both answer"
        )


def _subtract(candidate: Sequence[ScoredAnswer], baseline: Sequence[ScoredAnswer]) -> "Floats":
    """Return one task's differences per question; their mean is the difference of the task's scores."""
    return collect_statistics(candidate).spread() - collect_statistics(baseline).spread()


def _judge(difference: float, found: PairedTest, confidence: float) -> Verdict:
    if found.p_value > 1 - confidence or difference == 0:
        return Verdict.CANNOT_TELL
    return Verdict.BETTER if difference > 0 else Verdict.WORSE

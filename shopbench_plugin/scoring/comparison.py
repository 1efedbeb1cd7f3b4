"""Whether one model's answers to the same questions are better than another's, or nobody can tell.

Two things have to agree on a verdict: the interval of the paired differences (bootstrap) leaves out 0, and a swap test
gives a p below 1 - confidence. The test asks how often so large a difference appears when each question's two answers
change sides at random; with four questions it can't be below 1/8, so a handful of questions never decides.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.scoring.aggregation import Group, aggregate, group_by_task
from shopbench_plugin.scoring.evaluation import Evaluation, evaluate_files
from shopbench_plugin.scoring.records import GroupScore, Interval, ScoredAnswer, ScoringSettings
from shopbench_plugin.scoring.resampling import (
    average_groups,
    collect_statistics,
    score_sums,
    seed_generator,
    split_resamples,
)
from shopbench_plugin.scoring.uncertainty import add_intervals, describe_interval, draw_groups, find_interval

if TYPE_CHECKING:
    from shopbench_plugin.scoring.resampling import Floats

_FEWEST_RUNS = 2
_SMALLEST_SHOWN = 0.001
_TOLERANCE = 1e-12  # swapping all or nothing repeats the difference, but for rounding


class Verdict(StrEnum):
    """What the differences allow to say of the candidate."""

    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Difference:
    """A group's two scores and what to make of them.

    Attributes:
        baseline: the baseline's score.
        candidate: the candidate's score.
        interval: of candidate minus baseline.
        p_value: how often chance alone gives a difference as large.
        verdict: of the candidate.
    """

    baseline: float
    candidate: float
    interval: Interval
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
            describe_interval(self.interval, "+.3f"),
            describe_p_value(self.p_value),
            self.verdict.value,
        )


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
        ShopBenchError: they don't hold the same scored questions, or were made without resampling.
    """
    if baseline.settings != candidate.settings or baseline.settings.resamples == 0:
        raise ShopBenchError(f"'{names[0]}' and '{names[1]}' need the same settings, with resampling, to be compared")
    _check_same_questions(baseline.answers, candidate.answers, names)
    settings = baseline.settings
    groups = group_by_task(baseline.answers), group_by_task(candidate.answers)
    draws = draw_groups(baseline.totals, groups[0], settings), draw_groups(candidate.totals, groups[1], settings)
    swaps = average_groups(
        baseline.totals,
        {
            name: _draw_swaps(name, collect_statistics(groups[0][name]), collect_statistics(groups[1][name]), settings)
            for name, task in baseline.totals.tasks.items()
            if task.score is not None
        },
    )
    scores = baseline.totals.list_groups(), candidate.totals.list_groups()
    return Comparison(
        *names,
        {
            group: _judge(scores[0][group], scores[1][group], draws[1][group] - draws[0][group], swaps[group], settings)
            for group in swaps
        },
    )


def compare_files(
    predictions: Sequence[Path], reference: Path, settings: ScoringSettings | None = None, *, partial: bool = False
) -> tuple[dict[str, Evaluation], list[Comparison]]:
    """Score two or more predictions files and compare each with the first.

    Returns:
        the evaluations by the names of their files, or by their whole paths where names repeat, and the comparisons.

    Raises:
        ShopBenchError: as `evaluate_files` and `compare`; also for fewer than two files, or one given twice.
    """
    if len(set(predictions)) != len(predictions) or len(predictions) < _FEWEST_RUNS:
        raise ShopBenchError("a comparison needs two or more different predictions files; give --predictions for each")
    stems = [path.stem for path in predictions]
    names = stems if len(set(stems)) == len(stems) else [str(path) for path in predictions]
    evaluations = [evaluate_files(path, reference, settings, partial=partial) for path in predictions]
    if partial:
        evaluations = keep_common_questions(evaluations)
    named = dict(zip(names, evaluations, strict=True))
    return named, [compare(evaluations[0], named[name], (names[0], name)) for name in names[1:]]


def describe_p_value(p_value: float) -> str:
    """Return p as it is usually written: three places, never 0.000."""
    return f"{p_value:.3f}" if p_value >= _SMALLEST_SHOWN else f"<{_SMALLEST_SHOWN}"


def keep_common_questions(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Return the evaluations cut down to the questions that all of them hold, with a note where that leaves some out.

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
    note = f"{left} questions are left out: another file does not answer them"
    return replace(evaluation, answers=answers, totals=totals, notes=[*evaluation.notes, note])


def _number_questions(answers: Sequence[ScoredAnswer]) -> dict[tuple[str, int], ScoredAnswer]:
    """Return the answers by their question's text and, where it repeats, which of the repeats it is."""
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
        raise ShopBenchError(f"'{names[0]}' and '{names[1]}' hold different questions; compare what both answered")


def _draw_swaps(name: str, baseline: "Floats", candidate: "Floats", settings: ScoringSettings) -> "Floats":
    """Return the task's differences when each question's two answers change sides at random."""
    import numpy as np

    size = len(baseline)
    generator = seed_generator(f"swap {name}", settings.seed)
    gap, sums = candidate - baseline, (baseline.sum(axis=0), candidate.sum(axis=0))
    parts = []
    for count in split_resamples(settings.resamples, size):
        moved = generator.integers(0, 2, (count, size)) @ gap
        parts.append(score_sums(sums[1] - moved) - score_sums(sums[0] + moved))
    return np.concatenate(parts)


def _judge(
    baseline: GroupScore, candidate: GroupScore, draws: "Floats", swaps: "Floats", settings: ScoringSettings
) -> Difference:
    assert baseline.score is not None  # noqa: S101  groups without a score have no swaps, said for mypy
    assert candidate.score is not None  # noqa: S101  the same
    observed = candidate.score - baseline.score
    interval = find_interval(draws, settings.confidence)
    as_large = int((abs(swaps) >= abs(observed) - _TOLERANCE).sum())
    p_value = (as_large + 1) / (len(swaps) + 1)
    verdict = Verdict.CANNOT_TELL
    if p_value < 1 - settings.confidence and interval.low > 0:
        verdict = Verdict.BETTER
    elif p_value < 1 - settings.confidence and interval.high < 0:
        verdict = Verdict.WORSE
    return Difference(baseline.score, candidate.score, interval, p_value, verdict)

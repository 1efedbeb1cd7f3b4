"""Where score was lost: what truncated, unreadable and wrong answers cost, and which options were confused."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from statistics import fmean

from shopbench_plugin.core.vocabulary import CHARACTERS_READ, FinishReason, TaskType
from shopbench_plugin.scoring.aggregation import Group, GroupKind, Totals, group_by_task, join_members
from shopbench_plugin.scoring.records import ScoredAnswer

_TOLERANCE = 1e-9
_CUT_SHORT: tuple[FinishReason, ...] = ("length", "deadline", "too-long")


class Cause(StrEnum):
    """Why an answer scored less than 1."""

    TRUNCATION = "truncation"
    FORMAT = "format"
    WRONG = "wrong answer"


def find_cause(answer: ScoredAnswer) -> Cause | None:
    """Return why an answer lost points, or None if it lost none or has no score.

    Truncation is checked first: an answer that was cut off by the token budget, the time limit, the model's context or
    the evaluator's 5,000 characters is often unreadable or wrong for that reason alone.
    """
    if answer.score is None or answer.score > 1 - _TOLERANCE:
        return None
    if is_truncated(answer):
        return Cause.TRUNCATION
    return Cause.FORMAT if answer.is_unparsable else Cause.WRONG


def is_truncated(answer: ScoredAnswer) -> bool:
    """Return whether tokens, time or context ran out (`finish_reason`), or the evaluator cuts the answer."""
    answered = answer.answered
    return answered.finish_reason in _CUT_SHORT or len(answered.prediction) > CHARACTERS_READ


def sum_losses(answers: Sequence[ScoredAnswer], totals: Totals) -> dict[Group, dict[Cause, float]]:
    """Return how much of each group's score each cause costs; the causes of a group add up to 1 - score.

    A task's loss is split in proportion to what its questions lost; other groups get the means of their members.
    """
    losses = {
        Group(GroupKind.TASK, name): _share_loss(group, score)
        for name, group in group_by_task(answers).items()
        if (score := totals.tasks[name].score) is not None
    }
    return join_members(losses, totals.members, _average)


def _average(losses: Sequence[Mapping[Cause, float]]) -> dict[Cause, float]:
    return {cause: fmean(loss[cause] for loss in losses) for cause in Cause}


def _share_loss(answers: Iterable[ScoredAnswer], task_score: float) -> dict[Cause, float]:
    lost = dict.fromkeys(Cause, 0.0)
    for answer in answers:
        cause = find_cause(answer)
        if cause is not None and answer.score is not None:
            lost[cause] += 1 - answer.score
    everything = sum(lost.values())
    return {cause: part * max(0.0, 1 - task_score) / everything if everything else 0.0 for cause, part in lost.items()}


def count_confusion(answers: Iterable[ScoredAnswer]) -> Counter[tuple[str, str]]:
    """Return how often multiple choice questions have each (reference, answered option); "" is an unreadable answer."""
    return Counter(
        (str(answer.answered.question.output_field), "" if answer.is_unparsable else str(answer.parsed))
        for answer in answers
        if answer.answered.question.task_type is TaskType.MULTIPLE_CHOICE
    )

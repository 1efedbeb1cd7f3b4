"""Chooses the best candidate, and estimates its score on questions that it wasn't chosen on.

The best of many scores is partly luck, and more so with more candidates: the winner's curse. So each fold of the
questions is scored with the candidate that is best on all other folds; together these answers estimate the value of
the choice. The estimate is slightly low, since each of those choices saw fewer questions than the real one.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.scoring.aggregation import Group, GroupKind, Totals, aggregate
from shopbench_plugin.scoring.comparison import Difference, compare
from shopbench_plugin.scoring.evaluation import Evaluation
from shopbench_plugin.scoring.records import GroupScore
from shopbench_plugin.scoring.uncertainty import add_intervals


@dataclass(frozen=True, slots=True)
class Choice:
    """The winner in a group of questions: a track, or all of them.

    Attributes:
        group: the group whose score decides.
        winner: index of the candidate with the best score; ties go to the earliest.
        picks: for each fold, index of the candidate that is best on the other folds.
        in_sample: the winner's score on the questions it was chosen on.
        out_of_sample: the score with each fold answered by the candidate that is best on the others.
        curse: difference from out of sample to in sample; None if there is no score.
        gain: difference from the first candidate, the base, to out of sample; None if there is no score.
    """

    group: Group
    winner: int
    picks: tuple[int, ...]
    in_sample: GroupScore
    out_of_sample: GroupScore
    curse: Difference | None
    gain: Difference | None


def draw_folds(questions: Sequence[Question], folds: int, seed: int) -> list[int]:
    """Return each question's fold: tracks and tasks are spread evenly over folds, regardless of the file's order."""

    def sort_key(place: int) -> tuple[str, str, int, str]:
        question = questions[place]
        text = question.input_field
        return str(question.track), str(question.task_name), zlib.crc32(f"{seed} {text}".encode()), text

    drawn = [0] * len(questions)
    for number, place in enumerate(sorted(range(len(questions)), key=sort_key)):
        drawn[place] = number % folds
    return drawn


def choose_winners(evaluations: Sequence[Evaluation], folds: Sequence[int]) -> list[Choice]:
    """Return the choice for all questions, then the one for each track.

    Args:
        evaluations: the candidates' evaluations of the same questions, the base's first.
        folds: the fold of each question.
    """
    others = [
        [
            aggregate([answer for answer, own in zip(evaluation.answers, folds, strict=True) if own != fold])
            for evaluation in evaluations
        ]
        for fold in range(max(folds) + 1)
    ]
    groups = [group for group in evaluations[0].totals.groups if group.kind is GroupKind.TRACK]
    return [_choose(evaluations, folds, others, group) for group in (Group(GroupKind.OVERALL), *groups)]


def _choose(
    evaluations: Sequence[Evaluation], folds: Sequence[int], others: Sequence[Sequence[Totals]], group: Group
) -> Choice:
    winner = _find_best([one.totals for one in evaluations], group)
    picks = tuple(_find_best(totals, group) for totals in others)
    answers = [evaluations[picks[fold]].answers[place] for place, fold in enumerate(folds)]
    settings = evaluations[0].settings
    unseen = replace(evaluations[0], answers=answers, totals=add_intervals(aggregate(answers), answers, settings))
    return Choice(
        group=group,
        winner=winner,
        picks=picks,
        in_sample=evaluations[winner].totals.groups[group],
        out_of_sample=unseen.totals.groups[group],
        curse=compare(unseen, evaluations[winner]).differences.get(group),
        gain=compare(evaluations[0], unseen).differences.get(group),
    )


def _find_best(totals: Sequence[Totals], group: Group) -> int:
    """Return the index of the highest score, the first of ties; a group without a score counts as the lowest."""
    found = [one.groups.get(group) for one in totals]
    scores = [-1.0 if one is None or one.score is None else one.score for one in found]
    return scores.index(max(scores))

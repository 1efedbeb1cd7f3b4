"""Evaluations and comparisons as tables, the same for the terminal, Markdown and the report."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from shopbench_plugin.core.table import Table
from shopbench_plugin.scoring.aggregation import Group, GroupKind, shorten_group
from shopbench_plugin.scoring.comparison import Comparison
from shopbench_plugin.scoring.evaluation import Evaluation
from shopbench_plugin.scoring.published import PublishedScore
from shopbench_plugin.scoring.records import TaskScore


def make_score_table(
    evaluations: Mapping[str, Evaluation],
    caption: str = "ShopBench score",
    kinds: Sequence[GroupKind] = tuple(GroupKind),
) -> Table:
    """Return one row per group of `kinds` with each run's score, interval and unparsable answers."""
    scores = [evaluation.totals.groups for evaluation in evaluations.values()]
    columns = ["group", "metric", "questions"]
    for name in evaluations:
        prefix = f"{name}: " if len(evaluations) > 1 else ""
        columns += [f"{prefix}score", f"{prefix}interval", f"{prefix}unparsable"]
    groups = [group for group in scores[0] if group.kind in kinds]
    rows = []
    for group in groups:
        first = scores[0][group]
        cells = [
            cell
            for one in (score[group] for score in scores)
            for cell in (one.describe(), f"{one.interval:.3f}" if one.interval else "", str(one.unparsable))
        ]
        metric = first.metric if isinstance(first, TaskScore) else ""
        rows.append([shorten_group(group), metric, str(first.questions), *cells])
    return Table(caption, columns, rows, find_sections(groups))


def make_overview_table(evaluations: Mapping[str, Evaluation]) -> Table:
    """Return one row per group with the scores of all evaluations, which are of the same questions, side by side."""
    scores = [evaluation.totals.groups for evaluation in evaluations.values()]
    rows = [
        [shorten_group(group), str(first.questions), *(one[group].describe() for one in scores)]
        for group, first in scores[0].items()
    ]
    return Table("ShopBench scores", ["group", "questions", *evaluations], rows, find_sections(list(scores[0])))


def make_comparison_table(comparison: Comparison) -> Table:
    """Return one row per group with both scores, their difference, its interval, p and the verdict."""
    return Table(
        f"{comparison.candidate} against {comparison.baseline}",
        ["group", comparison.baseline, comparison.candidate, "difference", "interval", "p", "verdict"],
        [[shorten_group(group), *difference.describe()] for group, difference in comparison.differences.items()],
        find_sections(list(comparison.differences)),
    )


def make_published_table(evaluations: Mapping[str, Evaluation], published: Sequence[PublishedScore]) -> Table:
    """Return one row per published score with each run's score of the same track, and the conditions of both."""
    rows = []
    for score in published:
        groups = [score.find_own(evaluation.totals) for evaluation in evaluations.values()]
        own = [group.describe() if group else "" for group in groups]
        rows.append(
            [score.system, shorten_group(score.group), f"{score.score:.3f}", *own, score.conditions, score.source]
        )
    columns = ["system", "track", "published", *evaluations, "conditions", "source"]
    return Table("Published scores, on the whole test set", columns, rows)


def find_sections(groups: Sequence[Group]) -> list[int]:
    """Return the indices at which the kind of group changes."""
    return [place for place, (before, after) in enumerate(pairwise(groups), start=1) if before.kind is not after.kind]

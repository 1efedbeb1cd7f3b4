"""Evaluations and comparisons as tables on the terminal."""

from collections.abc import Mapping

from rich.table import Table

from shopbench_plugin.core.errors import make_printable
from shopbench_plugin.scoring.aggregation import GroupKind, shorten_group
from shopbench_plugin.scoring.comparison import Comparison, Verdict
from shopbench_plugin.scoring.evaluation import Evaluation
from shopbench_plugin.scoring.records import GroupScore, TaskScore
from shopbench_plugin.scoring.uncertainty import describe_interval

_STYLES = {Verdict.BETTER: "green", Verdict.WORSE: "red", Verdict.CANNOT_TELL: ""}


def make_table(evaluation: Evaluation) -> Table:
    """Return one row a task, then the task types, the tracks and the score all around."""
    table = Table(title="ShopBench score")
    table.add_column("task")
    table.add_column("metric")
    for name in ("score", "interval", "questions", "unparsable"):
        table.add_column(name, justify="right")
    previous = GroupKind.TASK
    for group, score in evaluation.totals.list_groups().items():
        if group.kind is not previous:
            table.add_section()
            previous = group.kind
        table.add_row(shorten_group(group), score.metric if isinstance(score, TaskScore) else "", *_format(score))
    return table


def make_overview_table(evaluations: Mapping[str, Evaluation]) -> Table:
    """Return one row a group with the score of every evaluation, side by side; all are of the same questions."""
    table = Table(title="ShopBench scores")
    table.add_column("group")
    table.add_column("questions", justify="right")
    for name in evaluations:
        table.add_column(make_printable(name), justify="right")
    groups = [evaluation.totals.list_groups() for evaluation in evaluations.values()]
    previous = GroupKind.TASK
    for group, first in groups[0].items():
        if group.kind is not previous:
            table.add_section()
            previous = group.kind
        scores = [one[group].score for one in groups]
        cells = ["not scored" if score is None else f"{score:.3f}" for score in scores]
        table.add_row(shorten_group(group), str(first.questions), *cells)
    return table


def make_difference_table(comparison: Comparison) -> Table:
    """Return one row a group with both scores, their difference and the verdict on the candidate."""
    baseline, candidate = make_printable(comparison.baseline), make_printable(comparison.candidate)
    table = Table(title=f"{candidate} against {baseline}")
    table.add_column("group")
    for name in (baseline, candidate, "difference", "interval", "p"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    previous = GroupKind.TASK
    for group, one in comparison.differences.items():
        if group.kind is not previous:
            table.add_section()
            previous = group.kind
        table.add_row(shorten_group(group), *one.describe(), style=_STYLES[one.verdict])
    return table


def _format(group: GroupScore) -> tuple[str, str, str, str]:
    interval = "" if group.interval is None else describe_interval(group.interval, ".2f")
    return group.describe(), interval, str(group.questions), str(group.unparsable)

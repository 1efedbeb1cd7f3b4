"""The report's tables: everything that the charts show, in numbers and for every reader."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopbench_plugin.core.errors import make_printable
from shopbench_plugin.scoring.aggregation import GroupKind, shorten_group
from shopbench_plugin.scoring.comparison import Comparison
from shopbench_plugin.scoring.losses import Cause, ConfusionCell, count_confusion, sum_losses
from shopbench_plugin.scoring.records import GroupScore, TaskScore
from shopbench_plugin.scoring.report.runs import Run
from shopbench_plugin.scoring.uncertainty import describe_interval


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table: what it shows, its column heads, and rows as long as the heads, whose first cell heads the row."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def make_score_table(runs: Sequence[Run], kinds: Sequence[GroupKind], caption: str) -> ReportTable:
    """Return one row for each group of `kinds` with each run's score, interval and unparsable answers."""
    scores = [run.evaluation.totals.list_groups() for run in runs]
    columns = ["", "metric", "questions"]
    for run in runs:
        prefix = f"{run.name}: " if len(runs) > 1 else ""
        columns += [f"{prefix}score", f"{prefix}interval", f"{prefix}unparsable"]
    rows = []
    for group, first in scores[0].items():
        if group.kind in kinds:
            metric = first.metric if isinstance(first, TaskScore) else ""
            cells = [cell for groups in scores for cell in _describe_score(groups[group])]
            rows.append([shorten_group(group), metric, str(first.questions), *cells])
    return ReportTable(caption, columns, rows)


def make_comparison_table(comparison: Comparison) -> ReportTable:
    """Return one row for each group with the difference, its interval, p and the verdict; everything comes first."""
    order = list(GroupKind)
    groups = sorted(comparison.differences.items(), key=lambda item: -order.index(item[0].kind))
    return ReportTable(
        f"{comparison.candidate} against {comparison.baseline}",
        ["", comparison.baseline, comparison.candidate, "difference", "interval", "p", "verdict"],
        [[shorten_group(group), *difference.describe()] for group, difference in groups],
    )


def make_loss_table(run: Run) -> ReportTable:
    """Return what each cause cost each group's score."""
    losses = sum_losses(run.evaluation.answers, run.evaluation.totals)
    rows = [[shorten_group(group), *(f"{lost[cause]:.3f}" for cause in Cause)] for group, lost in losses.items()]
    return ReportTable(f"{run.name}: score lost", ["", *(cause.value for cause in Cause)], rows)


def make_confusion_table(run: Run) -> ReportTable:
    """Return how often which option (row) was answered with which (column)."""
    cells = count_confusion(run.evaluation.answers)
    references, answered, counts = arrange_confusion(cells)
    rows = [[f"reference {name}", *(str(count) for count in row)] for name, row in zip(references, counts, strict=True)]
    return ReportTable(f"{run.name}: multiple choice", ["", *(f"answered {name}" for name in answered)], rows)


def arrange_confusion(cells: Sequence[ConfusionCell]) -> tuple[list[str], list[str], list[list[int]]]:
    """Return the references, the answers with the unreadable one last, and the counts, a row for each reference."""
    references = sorted({cell.reference for cell in cells}, key=lambda one: (len(one), one))
    others = {cell.answered for cell in cells} | set(references)
    answered = sorted(others, key=lambda one: (one == "", len(one), one))
    counts = {(cell.reference, cell.answered): cell.questions for cell in cells}
    names = [make_printable(one) or "unreadable" for one in answered]
    return references, names, [[counts.get((row, one), 0) for one in answered] for row in references]


def _describe_score(score: GroupScore) -> list[str]:
    interval = describe_interval(score.interval) if score.interval else ""
    return [score.describe(), interval, str(score.unparsable)]

"""The numbers of the report's charts of losses and confusions, as tables."""

from shopbench_plugin.core.errors import make_printable
from shopbench_plugin.core.table import Table
from shopbench_plugin.scoring.aggregation import shorten_group
from shopbench_plugin.scoring.losses import Cause, count_confusion, sum_losses
from shopbench_plugin.scoring.report.runs import Run


def make_loss_table(run: Run) -> Table:
    """Return what each cause cost each group's score."""
    losses = sum_losses(run.evaluation.answers, run.evaluation.totals)
    rows = [[shorten_group(group), *(f"{lost[cause]:.3f}" for cause in Cause)] for group, lost in losses.items()]
    return Table(f"{run.name}: score lost", ["group", *(cause.value for cause in Cause)], rows)


def make_confusion_table(run: Run) -> Table:
    """Return how often each reference option (row) was answered with each option (column)."""
    references, answered, counts = arrange_confusion(run)
    rows = [[name, *(str(count) for count in row)] for name, row in zip(references, counts, strict=True)]
    return Table(f"{run.name}: multiple choice", ["reference", *(f"answered {name}" for name in answered)], rows)


def arrange_confusion(run: Run) -> tuple[list[str], list[str], list[list[int]]]:
    """Return the references, the answers with the unreadable one last, and the counts, one row per reference."""
    counts = count_confusion(run.evaluation.answers)
    references = sorted({reference for reference, _ in counts}, key=lambda one: (len(one), one))
    others = {one for _, one in counts} | set(references)
    answered = sorted(others, key=lambda one: (one == "", len(one), one))
    names = [make_printable(one) or "unreadable" for one in answered]
    return references, names, [[counts[row, one] for one in answered] for row in references]

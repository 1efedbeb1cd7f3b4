"""An evaluation as a table on the terminal."""

from rich.table import Table

from shopbench_plugin.scoring.evaluation import Evaluation
from shopbench_plugin.scoring.records import GroupScore


def make_table(evaluation: Evaluation) -> Table:
    """Return one row a task, then the tracks and the score all around."""
    table = Table(title="ShopBench score")
    table.add_column("task")
    table.add_column("metric")
    for name in ("score", "questions", "unparsable"):
        table.add_column(name, justify="right")
    totals = evaluation.totals
    for name, task in totals.tasks.items():
        table.add_row(name, task.metric, *_format(task))
    table.add_section()
    for name, track in totals.tracks.items():
        table.add_row(name.removeprefix("amazon-kdd-cup-24-"), "", *_format(track))
    table.add_section()
    table.add_row("all around", "", *_format(totals.overall))
    return table


def _format(group: GroupScore) -> tuple[str, str, str]:
    score = "not scored" if group.score is None else f"{group.score:.3f}"
    partly = f" ({group.not_scored} not scored)" if group.score is not None and group.not_scored else ""
    return score + partly, str(group.questions), str(group.unparsable)

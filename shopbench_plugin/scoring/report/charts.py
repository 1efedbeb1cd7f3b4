"""The report's charts as plotly figures; colours of text and grid are left to the page, which knows light from dark."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shopbench_plugin.core.errors import make_printable
from shopbench_plugin.scoring.aggregation import Group, GroupKind, shorten_group
from shopbench_plugin.scoring.losses import Cause, count_confusion, sum_losses
from shopbench_plugin.scoring.records import GroupScore
from shopbench_plugin.scoring.report.runs import Run
from shopbench_plugin.scoring.report.tables import ReportTable, arrange_confusion, make_confusion_table, make_loss_table

_RUN_COLOURS = ("#3987c9", "#e08a2e", "#2fa37c", "#b86fb5", "#c9a227", "#6f7fd1", "#8a94a3", "#c8546a")
_CAUSE_COLOURS = {Cause.TRUNCATION: "#b86fb5", Cause.FORMAT: "#e08a2e", Cause.WRONG: "#8a94a3"}
_SCORE_COLOUR = "#2fa37c"
_ROW_PIXELS = 26
_MARGIN_PIXELS = 90


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: what it shows, how to read it, plotly's figure as JSON, and the same numbers as tables.

    `legend` holds (name, colour); the page shows it itself, since plotly's takes its room from the bars.
    """

    identifier: str
    title: str
    hint: str
    figure: str
    tables: Sequence[ReportTable]
    legend: Sequence[tuple[str, str]] = ()


def make_score_chart(
    identifier: str, title: str, runs: Sequence[Run], kinds: Sequence[GroupKind], tables: Sequence[ReportTable]
) -> Chart:
    """Return bars of the groups' scores, best read from the top, with their intervals as whiskers."""
    import plotly.graph_objects as go

    groups = [group for group in runs[0].evaluation.totals.list_groups() if group.kind in kinds]
    labels = [html.escape(label) for label in _label_groups(groups)]
    legend = [(run.name, _RUN_COLOURS[place % len(_RUN_COLOURS)]) for place, run in enumerate(runs)]
    figure = go.Figure()
    for run, (name, colour) in zip(runs, legend, strict=True):
        scores = [run.evaluation.totals.list_groups()[group] for group in groups]
        figure.add_bar(
            name=html.escape(name),
            orientation="h",
            y=labels,
            x=[score.score for score in scores],
            error_x=_make_whiskers(scores),
            marker_color=colour,
            hovertemplate="%{y}: %{x:.3f}<extra>%{fullData.name}</extra>",
        )
    _set_layout(figure, rows=len(groups) * max(1, 0.7 * len(runs)), barmode="group")
    figure.update_xaxes(range=[0, 1.02], title="score")
    hint = "Bars are scores from 0 to 1, whiskers their intervals."
    return Chart(identifier, title, hint, figure.to_json(), tables, legend if len(runs) > 1 else ())


def make_loss_chart(runs: Sequence[Run]) -> Chart:
    """Return bars that split 1 into the score and what each cause cost, by track and run."""
    import plotly.graph_objects as go

    losses = [sum_losses(run.evaluation.answers, run.evaluation.totals) for run in runs]
    groups = [group for group in losses[0] if group.kind in (GroupKind.TRACK, GroupKind.OVERALL)]
    bars = [(group, place) for group in groups for place in range(len(runs))]
    labels: list[Any] = [html.escape(label) for label in _label_groups(groups) for _ in runs]
    if len(runs) > 1:
        labels = [labels, [html.escape(runs[place].name) for _, place in bars]]
    kept = [1 - sum(losses[place][group].values()) for group, place in bars]
    parts = [("score", _SCORE_COLOUR, kept)] + [
        (cause.value, colour, [losses[place][group][cause] for group, place in bars])
        for cause, colour in _CAUSE_COLOURS.items()
    ]
    figure = go.Figure(
        [
            go.Bar(name=name, orientation="h", y=labels, x=values, marker_color=colour, hovertemplate="%{x:.3f}")
            for name, colour, values in parts
        ]
    )
    _set_layout(figure, rows=len(bars), barmode="stack")
    figure.update_xaxes(range=[0, 1], title="share of the score")
    hint = (
        "What is missing to 1 was lost to answers cut off, answers that the evaluator cannot read, and wrong answers."
    )
    tables = [make_loss_table(run) for run in runs]
    legend = [(name, colour) for name, colour, _ in parts]
    return Chart("losses", "Where the score went", hint, figure.to_json(), tables, legend)


def make_confusion_chart(run: Run, identifier: str) -> Chart | None:
    """Return a heat map of reference and answered option, or None where nothing is a multiple choice."""
    import plotly.graph_objects as go

    references, answered, counts = arrange_confusion(count_confusion(run.evaluation.answers))
    if not references:
        return None
    figure = go.Figure(
        go.Heatmap(
            x=answered,
            y=references,
            z=counts,
            text=counts,
            texttemplate="%{text}",
            colorscale=[[0, "rgba(57,135,201,0.08)"], [1, "rgba(57,135,201,1)"]],
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="reference %{y}, answered %{x}: %{z}<extra></extra>",
        )
    )
    _set_layout(figure, rows=len(references) * 1.5)
    figure.update_xaxes(title="answered", type="category", showgrid=False)
    figure.update_yaxes(title="reference", type="category", showgrid=False)
    title = f"Multiple choice: {run.name}"
    hint = "How often which option was answered; right answers stand on the diagonal."
    return Chart(identifier, title, hint, figure.to_json(), [make_confusion_table(run)])


def _label_groups(groups: Sequence[Group]) -> list[str]:
    """Return a label for each group; where short names repeat, kind and whole name, for plotly joins equal bars."""
    short = [shorten_group(group) for group in groups]
    return [
        label
        if short.count(label) == 1 or group.kind is GroupKind.OVERALL
        else f"{group.kind} {make_printable(group.name)}"
        for group, label in zip(groups, short, strict=True)
    ]


def _make_whiskers(scores: Sequence[GroupScore]) -> dict[str, Any]:
    known = [(score.score, score.interval) for score in scores]
    return {
        "type": "data",
        "array": [max(0.0, bar.high - score) if bar and score is not None else 0 for score, bar in known],
        "arrayminus": [max(0.0, score - bar.low) if bar and score is not None else 0 for score, bar in known],
        "thickness": 1.5,
        "width": 4,
    }


def _set_layout(figure: Any, rows: float, barmode: str | None = None) -> None:
    figure.update_layout(
        template="none",
        height=_MARGIN_PIXELS + round(_ROW_PIXELS * rows),
        margin={"l": 10, "r": 20, "t": 10, "b": 50},
        showlegend=False,
        bargap=0.25,
        barmode=barmode,
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="outside", ticklen=6, tickcolor="rgba(0,0,0,0)")

"""The report's charts as plotly figures; the page sets the colours of text and grid, for its light or dark mode."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopbench_plugin.core.errors import make_printable
from shopbench_plugin.core.table import Table
from shopbench_plugin.scoring.aggregation import Group, GroupKind, shorten_group
from shopbench_plugin.scoring.losses import Cause, sum_losses
from shopbench_plugin.scoring.records import GroupScore
from shopbench_plugin.scoring.report.runs import Report, Run
from shopbench_plugin.scoring.report.tables import arrange_confusion, make_confusion_table, make_loss_table
from shopbench_plugin.scoring.report.training import TrainingCurves
from shopbench_plugin.scoring.score_tables import make_score_table

_RUN_COLOURS = ("#3987c9", "#e08a2e", "#2fa37c", "#b86fb5", "#c9a227", "#6f7fd1", "#8a94a3", "#c8546a")
_CAUSE_COLOURS = {Cause.TRUNCATION: "#b86fb5", Cause.FORMAT: "#e08a2e", Cause.WRONG: "#8a94a3"}
_SCORE_COLOUR = "#2fa37c"
_CONSTANT_COLOUR = "#7a4fc0"
_PUBLISHED_COLOUR = "#c8546a"
_FEW_POINTS = 60
_ROW_PIXELS = 26
_MARGIN_PIXELS = 90


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: title, how to read it, plotly's figure as JSON, and the same numbers as tables.

    `legend` holds (name, colour); the page draws it, since plotly's legend takes space from the bars.
    """

    identifier: str
    title: str
    hint: str
    figure: str
    tables: Sequence[Table]
    legend: Sequence[tuple[str, str]] = ()


def list_charts(report: Report) -> list[Chart]:
    """Return the page's charts, from the whole to the details."""
    runs = report.runs
    summary = (GroupKind.OVERALL, GroupKind.MEAN_OF_TASKS, GroupKind.TRACK)
    confusions = [make_confusion_chart(run, f"confusion-{place}") for place, run in enumerate(runs)]
    return [
        make_score_chart("tracks", "Tracks and all around", report, summary),
        make_score_chart("types", "Task types", report, (GroupKind.TASK_TYPE,)),
        make_score_chart("tasks", "Tasks", report, (GroupKind.TASK,)),
        make_loss_chart(runs),
        *(
            make_training_chart(run.name, run.training, f"training-{place}")
            for place, run in enumerate(runs)
            if run.training
        ),
        *(chart for chart in confusions if chart is not None),
    ]


def make_score_chart(identifier: str, title: str, report: Report, kinds: Sequence[GroupKind]) -> Chart:
    """Return bars of the groups' scores with intervals, and marks for best constant answers and published scores."""
    import plotly.graph_objects as go

    runs = report.runs
    groups = [group for group in runs[0].evaluation.totals.groups if group.kind in kinds]
    labels = [html.escape(label) for label in _label_groups(groups)]
    legend = [(run.name, _RUN_COLOURS[place % len(_RUN_COLOURS)]) for place, run in enumerate(runs)]
    figure = go.Figure()
    for run, (name, colour) in zip(runs, legend, strict=True):
        scores = [run.evaluation.totals.groups[group] for group in groups]
        figure.add_bar(
            name=html.escape(name),
            orientation="h",
            y=labels,
            x=[score.score for score in scores],
            error_x=_make_whiskers(scores),
            marker_color=colour,
            hovertemplate="%{y}: %{x:.3f}<extra>%{fullData.name}</extra>",
        )
    legend += _add_marks(figure, report, dict(zip(groups, labels, strict=True)))
    _set_layout(figure, rows=len(groups) * max(1, 0.7 * len(runs)), barmode="group")
    figure.update_xaxes(range=[0, 1.02], title="score")
    hint = "Bars are scores from 0 to 1, whiskers their intervals."
    evaluations = {run.name: run.evaluation for run in runs}
    if report.constant:
        evaluations["best constant"] = report.constant
    table = make_score_table(evaluations, title, kinds)
    return Chart(identifier, title, hint, figure.to_json(), [table], legend if len(legend) > 1 else ())


def _add_marks(figure: Any, report: Report, labels: Mapping[Group, str]) -> list[tuple[str, str]]:
    """Add points for the scores that aren't a run's to the groups' rows, and return their names and colours."""
    marks: list[tuple[str, str, str, list[tuple[str, float | None, str]]]] = []
    if report.constant:
        scores = report.constant.totals.groups
        points = [(label, scores[group].score, "best constant answers") for group, label in labels.items()]
        marks.append(("best constant answers", _CONSTANT_COLOUR, "diamond-tall", points))
    published: list[tuple[str, float | None, str]] = [
        (labels[one.group], one.score, html.escape(f"{one.system}; {one.conditions}; {one.source}"))
        for one in report.find_comparable()
        if one.group in labels
    ]
    if published:
        marks.append(("published (conditions in the tables below)", _PUBLISHED_COLOUR, "star", published))
    for name, colour, symbol, points in marks:
        figure.add_scatter(
            name=name,
            mode="markers",
            y=[label for label, _, _ in points],
            x=[score for _, score, _ in points],
            text=[text for _, _, text in points],
            marker={"symbol": symbol, "size": 13, "color": colour, "line": {"color": "#fff", "width": 1.5}},
            hovertemplate="%{x:.3f}<extra>%{text}</extra>",
        )
    return [(name, colour) for name, colour, _, _ in marks]


def make_training_chart(name_of_run: str, training: TrainingCurves, identifier: str) -> Chart:
    """Return lines of the losses by step, and of the validation score on a second axis."""
    import plotly.graph_objects as go

    curves = [
        ("training loss", training.loss, _RUN_COLOURS[0], "y"),
        ("evaluation loss", training.eval_loss, _RUN_COLOURS[1], "y"),
        ("validation score", training.score, _RUN_COLOURS[2], "y2"),
    ]
    shown = [curve for curve in curves if curve[1]]
    figure = go.Figure()
    for name, points, colour, axis in shown:
        steps, values = zip(*points, strict=True)
        mode = "lines+markers" if len(points) <= _FEW_POINTS else "lines"
        figure.add_scatter(name=name, x=steps, y=values, yaxis=axis, mode=mode, line={"color": colour})
    _set_layout(figure, rows=10)
    figure.update_layout(
        xaxis={"title": "step"},
        yaxis={"title": "loss", "autorange": True},
        yaxis2={
            "title": "score",
            "overlaying": "y",
            "side": "right",
            "tickformat": ".2f",
            "showgrid": False,
            "automargin": True,
        },
    )
    tables = [
        Table(f"{name_of_run}: {name}", ["step", name], [[f"{step:g}", f"{value:.4f}"] for step, value in points])
        for name, points, _, _ in shown
    ]
    legend = [(name, colour) for name, _, colour, _ in shown]
    return Chart(identifier, f"Training: {name_of_run}", "Losses and scores by step.", figure.to_json(), tables, legend)


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
    hint = "The rest up to 1 was lost to answers cut off, answers that the evaluator cannot read, and wrong answers."
    tables = [make_loss_table(run) for run in runs]
    legend = [(name, colour) for name, colour, _ in parts]
    return Chart("losses", "Where the score went", hint, figure.to_json(), tables, legend)


def make_confusion_chart(run: Run, identifier: str) -> Chart | None:
    """Return a heat map of reference and answered option, or None if there is no multiple choice."""
    import plotly.graph_objects as go

    references, answered, counts = arrange_confusion(run)
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
    hint = "How often each option was answered; right answers are on the diagonal."
    return Chart(identifier, title, hint, figure.to_json(), [make_confusion_table(run)])


def _label_groups(groups: Sequence[Group]) -> list[str]:
    """Return a label per group; kind and full name if short names repeat, because plotly joins equal bars."""
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

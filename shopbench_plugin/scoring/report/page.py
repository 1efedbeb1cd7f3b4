"""The page itself: templates filled in, scripts and data embedded so that no text from outside can run.

Three things keep the texts of data sets and models harmless. The template engine escapes whatever it inserts; the list
of answers is JSON without a `<` in it, which the page's script shows through `textContent` alone; and the page's
content security policy lets run nothing but the two scripts whose hashes it names, and load nothing at all.
"""

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources

from shopbench_plugin.core.errors import missing_package
from shopbench_plugin.scoring.aggregation import GroupKind
from shopbench_plugin.scoring.comparison import Comparison
from shopbench_plugin.scoring.provenance import describe_settings, describe_versions
from shopbench_plugin.scoring.report.answers import list_answers
from shopbench_plugin.scoring.report.charts import Chart, make_confusion_chart, make_loss_chart, make_score_chart
from shopbench_plugin.scoring.report.runs import Run
from shopbench_plugin.scoring.report.tables import ReportTable, make_comparison_table, make_score_table

_SUMMARY = (GroupKind.OVERALL, GroupKind.TRACK)


def render_report(
    runs: Sequence[Run],
    comparisons: Sequence[Comparison] = (),
    tables: Sequence[ReportTable] = (),
    title: str = "ShopBench report",
) -> str:
    """Return the report as one HTML text that needs no network.

    Args:
        runs: at least one; all of the same questions in the same order, the baseline first.
        comparisons: candidates against the baseline, for a table each.
        tables: more tables, shown before the charts.
        title: the page's heading.

    Raises:
        ShopBenchError: jinja2 or plotly isn't installed.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise missing_package("jinja2 or plotly", "eval") from error
    environment = Environment(
        loader=PackageLoader("shopbench_plugin.scoring.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    scripts = [get_plotlyjs(), _read_template("report.js")]
    charts = _make_charts(runs)
    return environment.get_template("report.html.jinja").render(
        title=title,
        runs=runs,
        tables=[*tables, *(make_comparison_table(comparison) for comparison in comparisons)],
        charts=charts,
        settings=_describe_run_settings(runs),
        scripts=scripts,
        style=_read_template("report.css"),
        hashes=" ".join(f"'sha256-{_hash_script(script)}'" for script in scripts),
        data={"figures": {chart.identifier: chart.figure for chart in charts}, **list_answers(runs)},
    )


def _make_charts(runs: Sequence[Run]) -> list[Chart]:
    summary = make_score_table(runs, _SUMMARY, "Tracks and all around")
    types = make_score_table(runs, [GroupKind.TASK_TYPE], "Task types")
    tasks = make_score_table(runs, [GroupKind.TASK], "Tasks")
    confusions = [make_confusion_chart(run, f"confusion-{place}") for place, run in enumerate(runs)]
    return [
        make_score_chart("tracks", "Tracks and all around", runs, _SUMMARY, [summary]),
        make_score_chart("types", "Task types", runs, [GroupKind.TASK_TYPE], [types]),
        make_score_chart("tasks", "Tasks", runs, [GroupKind.TASK], [tasks]),
        make_loss_chart(runs),
        *(chart for chart in confusions if chart is not None),
    ]


def _describe_run_settings(runs: Sequence[Run]) -> list[ReportTable]:
    chosen = runs[0].evaluation.settings
    named = [(f"Run: {run.name}", run.settings) for run in runs if run.settings]
    return [
        ReportTable(caption, ["setting", "value"], list(settings.items()))
        for caption, settings in [
            *named,
            ("Scoring", describe_settings(chosen)),
            ("Versions", describe_versions(chosen)),
        ]
    ]


def _read_template(name: str) -> str:
    return resources.files("shopbench_plugin.scoring.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash_script(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

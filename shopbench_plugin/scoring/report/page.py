"""Renders the page: fills in the templates, and embeds scripts and data so that no text from outside can run.

Three things keep the texts of datasets and models harmless. The template engine and the table's renderer escape what
they insert; the list of answers is JSON without a `<` in it, which the page's script shows only through `textContent`;
and the page's content security policy allows only the two scripts whose hashes it names, and loads nothing.
"""

import base64
import hashlib
from importlib import resources

from shopbench_plugin.core.errors import missing_package
from shopbench_plugin.core.table import Table, to_html
from shopbench_plugin.scoring.aggregation import Group, GroupKind, group_by_task
from shopbench_plugin.scoring.comparison import Comparison
from shopbench_plugin.scoring.provenance import describe_settings, describe_versions
from shopbench_plugin.scoring.report.answers import list_answers
from shopbench_plugin.scoring.report.charts import list_charts
from shopbench_plugin.scoring.report.runs import Report
from shopbench_plugin.scoring.report.wording import TaskWording, read_wording
from shopbench_plugin.scoring.score_tables import make_comparison_table, make_published_table
from shopbench_plugin.scoring.unusable import list_notes


def render_report(report: Report) -> str:
    """Return the report as one HTML text that needs no network.

    Raises:
        ShopBenchError: jinja2 or plotly isn't installed.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
        from markupsafe import Markup
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
    environment.filters["table"] = lambda table: Markup(to_html(table))  # noqa: S704  to_html escapes every cell
    scripts = [get_plotlyjs(), _read_template("report.js")]
    charts = list_charts(report)
    wording = _read_tasks(report)
    return environment.get_template("report.html.jinja").render(
        report=report,
        best=report.find_best(),
        notes=list_notes({run.name: run.evaluation for run in report.runs}),
        charts=charts,
        tables=_list_tables(report, wording),
        settings=_list_settings(report),
        scripts=scripts,
        style=_read_template("report.css"),
        hashes=" ".join(f"'sha256-{_hash_script(script)}'" for script in scripts),
        data={
            "figures": {chart.identifier: chart.figure for chart in charts},
            "best": report.find_best(),
            **list_answers(report.runs, wording),
        },
    )


def _read_tasks(report: Report) -> dict[str, TaskWording]:
    tasks = group_by_task(report.runs[0].evaluation.answers)
    return {
        name: read_wording([answer.answered.question.input_field for answer in answers])
        for name, answers in tasks.items()
    }


def _list_tables(report: Report, wording: dict[str, TaskWording]) -> list[tuple[str, Table]]:
    """Return the folded tables, each with its summary line."""
    tables = [(table.caption, table) for table in report.tables]
    tables += [(_summarize(one), make_comparison_table(one)) for one in report.comparisons]
    if report.find_comparable():
        evaluations = {run.name: run.evaluation for run in report.runs}
        published = make_published_table(evaluations, report.find_comparable())
        tables.append((published.caption, published))
    types = report.runs[0].evaluation.tasks
    rows = [[name, types[name].task_type, types[name].metric, one.asks] for name, one in wording.items()]
    return [*tables, ("What each task asks", Table("What each task asks", ["task", "type", "metric", "asks"], rows))]


def _summarize(comparison: Comparison) -> str:
    names = f"{comparison.candidate} against {comparison.baseline}"
    found = comparison.differences.get(Group(GroupKind.OVERALL))
    return f"{names}: {found.difference:+.3f}, {found.verdict.value}" if found else names


def _list_settings(report: Report) -> list[Table]:
    chosen = report.runs[0].evaluation.settings
    named = [(f"Run: {run.name}", run.settings) for run in report.runs if run.settings]
    made = [("This report", report.made)] if report.made else []
    parts = [*made, *named, ("Scoring", describe_settings(chosen)), ("Versions", describe_versions(chosen))]
    return [Table(caption, ["setting", "value"], list(settings.items())) for caption, settings in parts]


def _read_template(name: str) -> str:
    return resources.files("shopbench_plugin.scoring.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash_script(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

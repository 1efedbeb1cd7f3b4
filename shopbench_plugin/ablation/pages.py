"""The ablation for readers: a Markdown file and the HTML report."""

from pathlib import Path

from shopbench_plugin.ablation.run import Ablation, VariantResult
from shopbench_plugin.ablation.settings import PAGES, AblationSettings
from shopbench_plugin.ablation.tables import list_notes, make_tables
from shopbench_plugin.core.table import Table, escape_markdown, to_markdown
from shopbench_plugin.scoring.provenance import describe_file, describe_run, describe_settings, describe_versions
from shopbench_plugin.scoring.published import read_published
from shopbench_plugin.scoring.report import Report, Run, render_report
from shopbench_plugin.storage.files import write_atomically

_TITLE = "ShopBench ablation"


def write_pages(ablation: Ablation, output_dir: Path) -> tuple[Path, Path]:
    """Write `ablation.md` and `ablation.html` to the folder, and return their paths."""
    table, report = (output_dir / name for name in PAGES)
    for path, content in ((table, render_markdown(ablation)), (report, render_html(ablation))):
        with write_atomically(path) as stream:
            stream.write(content.encode())
    return table, report


def render_markdown(ablation: Ablation) -> str:
    """Return the tables with what is needed to read and reproduce them."""
    questions = len(ablation.results[0].evaluation.answers)
    settings = Table("Settings and versions", ["setting", "value"], list(_describe_ablation(ablation).items()))
    parts = [
        f"# {_TITLE}",
        f"Every row is the full system with one part changed, on the same {questions} questions.",
        *map(to_markdown, make_tables(ablation)),
        "\n".join(f"- {escape_markdown(note)}" for note in list_notes(ablation)),
        to_markdown(settings),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def render_html(ablation: Ablation) -> str:
    """Return the report of all rows with the ablation's tables first."""
    runs = [_make_run(result, ablation.settings) for result in ablation.results]
    report = Report(
        runs,
        comparisons=[result.comparison for result in ablation.results if result.comparison],
        tables=make_tables(ablation),
        title=_TITLE,
        published=read_published(ablation.settings.scoring.evaluator),
    )
    return render_report(report)


def _make_run(result: VariantResult, settings: AblationSettings) -> Run:
    output = result.variant.find_output(settings)
    files = {"predictions": describe_file(output)}
    return Run(result.variant.name, result.evaluation, files | describe_run(output))


def _describe_ablation(ablation: Ablation) -> dict[str, str]:
    settings = ablation.settings
    files = {"input": settings.input, "development set": settings.development_set}
    run = describe_run(ablation.results[0].variant.find_output(settings))
    return {
        **{name: describe_file(path) for name, path in files.items() if path is not None},
        "preset": settings.preset,
        **{name: value for name, value in run.items() if name.startswith(("settings engine", "versions "))},
        **{f"scoring {name}": value for name, value in describe_settings(settings.scoring).items()},
        **{f"scoring {name}": value for name, value in describe_versions(settings.scoring).items()},
    }

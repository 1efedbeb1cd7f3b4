"""The report of a conversion as a person reads it on a terminal."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from converters.blocks import Step
from converters.report import Report
from shopbench_plugin.core.errors import make_printable

_SHOWN_REJECTS = 5
_TABLE_WIDTH = 140


def print_report(report: Report) -> None:
    """Print the counts of every task and step, then what else was found, to standard output."""
    console = Console(markup=False)
    if not console.is_terminal:
        console = Console(markup=False, width=_TABLE_WIDTH)
    console.print(make_table(report))
    for line in list_findings(report):
        console.print(make_printable(line), markup=False, highlight=False, soft_wrap=True)


def make_table(report: Report) -> Table:
    """Return a row for each task, sorted by type, with a column for each step that any row ended at."""
    steps = [step for step in Step if step in (Step.READ, Step.CONVERTED) or report.total(step)]
    table = Table(title=make_printable(str(report.output)))
    for name in ("type", "task"):
        table.add_column(name)
    for name in (*steps, "originals"):
        table.add_column(name, justify="right")
    previous = ""
    for task, counts in report.tasks.items():
        kind = report.types.get(task, "")
        if previous and kind != previous:
            table.add_section()
        table.add_row(
            "" if kind == previous else kind,
            make_printable(task),
            *(f"{counts[step]:,}" for step in steps),
            f"{report.originals[task]:,}",
        )
        previous = kind
    table.add_section()
    table.add_row("", "all", *(f"{report.total(step):,}" for step in steps), f"{report.originals.total():,}")
    return table


def _list_leaks(report: Report) -> Iterator[str]:
    leaks: Counter[str] = Counter()
    for (_, splits), samples in report.selection.leaks.items():
        leaks[splits] += samples
    for splits, samples in sorted(leaks.items()):
        yield f"leak: {samples:,} samples are in both {splits.replace('/', ' and ')}"


def _list_lengths(report: Report) -> Iterator[str]:
    lengths = report.settings.lengths
    if lengths is None:
        return
    selection, remedy = report.selection, "" if lengths.cut_to_fit else "; --cut-to-fit shortens their passages"
    if selection.cut:
        yield f"shortened: {selection.cut:,} rows lost the middle of their passage to fit {lengths.cutoff_len:,} tokens"
    yield (
        f"too long: {selection.over:,} of {report.written:,} lines exceed --cutoff-len {lengths.cutoff_len:,} with the "
        f"tokenizer in {lengths.tokenizer}{remedy if selection.over else ''}"
    )


def list_findings(report: Report) -> Iterator[str]:
    """Yield a line for everything beside the counts that a person should know."""
    selection, sample = report.selection, report.settings.sample
    yield f"{report.written:,} lines written, {report.originals.total():,} of them as they were"
    if sample and report.total(Step.CONVERTED) < sample:
        yield f"fewer rows than the {sample:,} to draw: all that there are were taken"
    if exact := selection.exact_repeats.total():
        yield f"repeats: {exact:,} rows say in every field what another one does"
    if repeats := selection.sample_repeats.total():
        yield f"repeats: {repeats:,} rows repeat a sample in other words or under another setting"
    yield from _list_leaks(report)
    for task, answers in report.answers.items():
        yield f"answers of {task}: " + ", ".join(f"{answer}: {rows:,}" for answer, rows in answers.items())
    if selection.longest:
        longest = selection.longest[0]
        yield f"longest prompt: {longest.length:,} characters, {longest.file}:{longest.line} ({longest.task})"
    yield from _list_lengths(report)
    for reject in report.rejects[:_SHOWN_REJECTS]:
        yield f"rejected: {reject.file}:{reject.line}: {reject.reason}"
    if report.entered:
        hint = "; git tracks that file, the data not" if (report.entered.parent / ".git").exists() else ""
        yield f"entered as '{report.output.stem}' in {report.entered}{hint}"
    if (more := report.total(Step.REJECTED) - _SHOWN_REJECTS) > 0:
        yield f"rejected: {more:,} more, see the report"

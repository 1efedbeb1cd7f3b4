"""The conversion report for the terminal."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from converters.dataset_info import find_dataset_info
from converters.report import Report
from converters.sample import Step
from converters.settings import ConversionSettings
from shopbench_plugin.core.table import Table

_SHOWN_REJECTS = 5


def make_table(report: Report) -> Table:
    """Return a table with one row per task, sorted by type, and one column per step at which any row ended."""
    steps = [step for step in Step if step in (Step.READ, Step.CONVERTED) or report.rows[step]]
    numbers = (*steps, "originals")
    rows: list[list[str]] = []
    sections, previous = [], ""
    for task, counts in report.tasks.items():
        kind = counts["type"] or ""
        if previous and kind != previous:
            sections.append(len(rows))
        rows.append(["" if kind == previous else kind, task, *(f"{counts[name]:,}" for name in numbers)])
        previous = kind
    rows.append(["", "all", *(f"{report.rows[name]:,}" for name in numbers)])
    return Table(report.output, ["type", "task", *numbers], rows, [*sections, len(rows) - 1])


def _list_leaks(report: Report) -> Iterator[str]:
    leaks: Counter[str] = Counter()
    for leak in report.leaks:
        leaks[leak["splits"]] += leak["samples"]
    for splits, samples in sorted(leaks.items()):
        yield f"leak: {samples:,} samples are in both {splits.replace('/', ' and ')}"


def _list_lengths(report: Report, settings: ConversionSettings) -> Iterator[str]:
    lengths, counts = settings.lengths, report.lengths
    if lengths is None or counts is None:
        return
    over, cut = counts["rows_over"], counts["rows_cut"]
    remedy = "" if lengths.cut_to_fit or not over else "; --cut-to-fit shortens their passages"
    if cut:
        yield f"shortened: {cut:,} rows were cut in the middle of their passage to fit {lengths.cutoff_len:,} tokens"
    yield (
        f"too long: {over:,} of {report.rows['written']:,} lines exceed --cutoff-len {lengths.cutoff_len:,} with the "
        f"tokenizer in {lengths.tokenizer}{remedy}"
    )


def list_findings(report: Report, settings: ConversionSettings) -> Iterator[str]:
    """Yield one line per finding, besides the counts."""
    rows = report.rows
    yield f"{rows['written']:,} lines written, {rows['originals']:,} of them unchanged"
    if settings.sample and rows[Step.CONVERTED] < settings.sample:
        yield f"fewer rows than --sample {settings.sample:,}: all of them were used"
    exact, others = (sum(counts.values()) for counts in report.repeats.values())
    if exact:
        yield f"repeats: {exact:,} rows are identical to another row in every field"
    if others:
        yield f"repeats: {others:,} rows repeat a sample with other wording or under another setting"
    yield from _list_leaks(report)
    for task, answers in report.answers.items():
        yield f"answers of {task}: " + ", ".join(f"{answer}: {count:,}" for answer, count in answers.items())
    if report.longest_prompts:
        length, file, line, task = report.longest_prompts[0].values()
        yield f"longest prompt: {length:,} characters, {file}:{line} ({task})"
    yield from _list_lengths(report, settings)
    for reject in report.rejects[:_SHOWN_REJECTS]:
        yield "rejected: {file}:{line}: {reason}".format_map(reject)
    if (more := rows[Step.REJECTED] - _SHOWN_REJECTS) > 0:
        yield f"rejected: {more:,} more, see the report"
    output = Path(report.output)
    dataset_info = find_dataset_info(output.parent)
    hint = "; git tracks that file but not the data" if (dataset_info.parent / ".git").exists() else ""
    yield f"registered as '{output.stem}' in {dataset_info}{hint}"

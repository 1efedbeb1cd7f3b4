"""What became of every row: the counts of a conversion, and the report as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from converters.blocks import LISTED_REJECTS, BlockResult, Step
from converters.settings import ConversionSettings
from shopbench_plugin.core.vocabulary import TaskType

if TYPE_CHECKING:
    from converters.sample import Selection


_DROPPED = (Step.BINARY, Step.OTHER_SPLIT, Step.OTHER_SETTING, Step.REPEATED)
_TYPE_ORDER = [*TaskType, "binary"]


class Reject(NamedTuple):
    """A row that can't be converted, and why."""

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class Report:
    """The counts and findings of a conversion.

    Attributes:
        settings: what was asked for.
        output: path of the dataset.
        selection: repeats, leaks and the longest prompts.
        tasks: task -> step -> rows, sorted by task type; a row is counted under "read" and under one other step.
        types: task -> its type, "binary" for yes/no tasks.
        originals: task -> rows that were also written as they were.
        rejects: the first thousand rejects; `tasks` counts them all.
        answers: task -> answer -> converted rows, for tasks with a closed set of answers.
        entered: the dataset_info.json that the conversion changed.
    """

    settings: ConversionSettings
    output: Path
    selection: "Selection"
    tasks: dict[str, Counter[Step]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    originals: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)
    answers: dict[str, Counter[str]] = field(default_factory=dict)
    entered: Path | None = None

    def total(self, step: Step) -> int:
        """Return the rows of all tasks that ended at `step`."""
        return sum(counts[step] for counts in self.tasks.values())

    @property
    def written(self) -> int:
        """Lines of the dataset: converted rows, and the originals that joined them."""
        return self.total(Step.CONVERTED) + self.originals.total()


def make_report(
    settings: ConversionSettings, blocks: Sequence[BlockResult], selection: "Selection", output: Path
) -> Report:
    """Add up what the blocks and the selection tell."""
    report = Report(settings, output, selection)
    counts: Counter[tuple[Step, str]] = Counter()
    for block in blocks:
        counts.update(block.counts)
        counts.update({(Step.READ, task): rows for task, rows in block.read.items()})
        report.types.update(block.types)
        listed = block.rejects[: LISTED_REJECTS - len(report.rejects)]
        report.rejects += [Reject(block.file, block.first + offset, reason) for offset, reason in listed]
    names = sorted({task for _, task in counts}, key=lambda task: _sort_key(task, report.types))
    for task in names:
        report.tasks[task] = Counter({step: counts[step, task] for step in Step})
        _add_selected(report, task)
    return report


def _add_selected(report: Report, task: str) -> None:
    steps, selection = report.tasks[task], report.selection
    answers: Counter[str] = Counter()
    for group, rows in selection.converted.items():
        if group.task == task:
            answers[group.answer] += rows
            report.originals[task] += rows if group.has_original else 0
    steps[Step.CONVERTED] = answers.total()
    steps[Step.REPEATED] = selection.removed[task]
    steps[Step.NOT_SAMPLED] = selection.candidates[task] - selection.removed[task] - answers.total()
    if "" not in answers and answers:
        report.answers[task] = Counter(dict(sorted(answers.items(), key=lambda item: _sort_answer(item[0]))))


def _sort_answer(answer: str) -> tuple[int, str]:
    return (int(answer) if answer.isdecimal() else -1, answer)


def _sort_key(task: str, types: dict[str, str]) -> tuple[int, str]:
    kind = types.get(task)
    return (_TYPE_ORDER.index(kind) if kind in _TYPE_ORDER else len(_TYPE_ORDER), task)


def dump_report(report: Report) -> bytes:
    """Return the report as indented JSON; its keys are part of the program's interface."""
    return orjson.dumps(_to_json(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _to_json(report: Report) -> dict[str, Any]:
    selection, settings = report.selection, report.settings
    return {
        "output": str(report.output),
        "sources": [{"source": source.name, "weight": source.weight} for source in settings.sources],
        "seed": settings.seed,
        "rows": _count_rows({step: report.total(step) for step in Step}, report.originals.total()),
        "by_source": {settings.sources[number].name: rows for number, rows in sorted(selection.by_source.items())},
        "tasks": {
            task: {"type": report.types.get(task)} | _count_rows(steps, report.originals[task])
            for task, steps in report.tasks.items()
        },
        "repeats": {"exact": dict(selection.exact_repeats), "same_sample": dict(selection.sample_repeats)},
        "leaks": [
            {"task": task, "splits": splits, "samples": samples}
            for (task, splits), samples in sorted(selection.leaks.items())
        ],
        "answers": {task: dict(answers) for task, answers in report.answers.items()},
        "longest_prompts": [prompt._asdict() for prompt in selection.longest],
        "rejects": [reject._asdict() for reject in report.rejects],
    } | _describe_lengths(report)


def _describe_lengths(report: Report) -> dict[str, Any]:
    """Return what `shopbench check` compares with a recipe's cutoff_len; nothing where rows weren't measured."""
    lengths = report.settings.lengths
    if lengths is None:
        return {}
    counts = {"rows": report.written, "rows_over": report.selection.over, "rows_cut": report.selection.cut}
    return {"lengths": {"tokenizer": str(lengths.tokenizer), "cutoff_len": lengths.cutoff_len} | counts}


def _count_rows(steps: Mapping[Step, int], originals: int) -> dict[str, int]:
    """Return the rows of every step, and the same summed up: dropped whatever the draw, drawn, and lines written."""
    return {step.value: rows for step, rows in steps.items()} | {
        "originals": originals,
        "dropped": sum(steps[step] for step in _DROPPED),
        "sampled": steps[Step.CONVERTED],
        "written": steps[Step.CONVERTED] + originals,
    }

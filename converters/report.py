"""The report of a conversion: counts of rows by outcome, and findings."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.blocks import BlockResult, Step
from converters.sample import Selection
from converters.settings import ConversionSettings
from shopbench_plugin.core.vocabulary import TaskType

_LISTED_REJECTS = 1_000
_LISTED_PROMPTS = 10
_DROPPED = (Step.BINARY, Step.OTHER_SPLIT, Step.OTHER_SETTING, Step.REPEATED)
_COUNTS = (*Step, "originals", "dropped", "sampled", "written")
_TYPE_ORDER = [*TaskType, "binary"]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that can't be converted, and why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class LongPrompt:
    """A converted row with a long prompt; `length` is in characters."""

    length: int
    file: str
    line: int
    task: str


@dataclass(frozen=True, slots=True)
class Report:
    """The counts and findings of a conversion; the report file has a key for each field.

    Attributes:
        output: path of the dataset.
        sources: the sources with their weights.
        seed: the seed of every draw.
        rows: rows by step, each under "read" and one other; "originals" that were also written unchanged; and totals:
            "dropped" regardless of the draw, "sampled", and lines "written".
        by_source: source -> its rows that are kept.
        tasks: task -> its type ("binary" for yes/no tasks) and its counts as in `rows`, sorted by type.
        repeats: kind -> task -> rows, as in `Selection`.
        leaks: samples of a task that are in two splits.
        answers: task -> answer -> converted rows, for tasks with a closed set of answers.
        longest_prompts: the longest prompts, longest first.
        rejects: the first thousand rejects; `rows` counts them all.
        lengths: what `shopbench check` compares with a recipe's cutoff_len; None if rows weren't measured.
        digest: SHA-256 of the dataset.
        replaced: that of the dataset that it replaced, which is still there if the conversion was stopped in between.
    """

    output: str
    sources: list[dict[str, Any]]
    seed: int
    rows: dict[str, int]
    by_source: dict[str, int]
    tasks: dict[str, dict[str, Any]]
    repeats: dict[str, dict[str, int]]
    leaks: list[dict[str, Any]]
    answers: dict[str, dict[str, int]]
    longest_prompts: list[LongPrompt]
    rejects: list[Reject]
    lengths: dict[str, Any] | None
    digest: str = ""
    replaced: str = ""


def make_report(
    settings: ConversionSettings, blocks: Sequence[BlockResult], selection: Selection, output: Path
) -> Report:
    """Return the report of the blocks and the selection."""
    kept, sources = selection.kept, settings.sources
    exact, others = selection.exact_repeats, selection.sample_repeats
    tasks = _count_tasks(blocks, kept, exact + others if settings.remove_repeats else Counter())
    rows = {str(name): sum(counts[name] for counts in tasks.values()) for name in _COUNTS}
    by_source = Counter(kept["source"].tolist())
    leaks = sorted(selection.leaks.items())
    return Report(
        output=str(output),
        sources=[{"source": name, "weight": weight} for name, weight in zip_longest(sources, settings.weights)],
        seed=settings.seed,
        rows=rows,
        by_source={sources[number]: count for number, count in sorted(by_source.items())},
        tasks=tasks,
        repeats={"exact": dict(sorted(exact.items())), "same_sample": dict(sorted(others.items()))},
        leaks=[{"task": task, "splits": splits, "samples": count} for (task, splits), count in leaks],
        answers=_count_answers(kept, tasks),
        longest_prompts=_list_longest(blocks, kept),
        rejects=_list_rejects(blocks),
        lengths=_describe_lengths(settings, kept, rows["written"]),
    )


def _count_tasks(
    blocks: Sequence[BlockResult], kept: NDArray[np.void], removed: Counter[str]
) -> dict[str, dict[str, Any]]:
    counts: Counter[tuple[str, Step]] = Counter()
    types: dict[str, str] = {}
    for block in blocks:
        counts.update(block.counts)
        types.update(block.types)
    converted = Counter(kept["task"].tolist())
    originals = Counter(kept["task"][kept["original"].astype(bool)].tolist())
    tasks = {}
    for task in sorted({task for task, _ in counts}, key=lambda task: _sort_task(task, types)):
        steps = {step.value: counts[task, step] for step in Step}
        steps[Step.READ] = sum(steps.values())
        steps[Step.REPEATED] = removed[task]
        steps[Step.NOT_SAMPLED] = steps[Step.CONVERTED] - removed[task] - converted[task]
        steps[Step.CONVERTED] = converted[task]
        tasks[task] = {"type": types.get(task), **steps} | {
            "originals": originals[task],
            "dropped": sum(steps[step] for step in _DROPPED),
            "sampled": converted[task],
            "written": converted[task] + originals[task],
        }
    return tasks


def _sort_task(task: str, types: dict[str, str]) -> tuple[int, str]:
    kind = types.get(task)
    return (_TYPE_ORDER.index(kind) if kind in _TYPE_ORDER else len(_TYPE_ORDER), task)


def _count_answers(kept: NDArray[np.void], tasks: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return task -> answer -> rows, numbers in numeric order; tasks with free text are left out."""
    counts = Counter(zip(kept["task"].tolist(), kept["answer"].tolist(), strict=True))
    in_order = sorted(counts, key=lambda pair: (pair[1].isdecimal() and len(pair[1]), pair[1]))
    answers = {task: {answer: counts[task, answer] for name, answer in in_order if name == task} for task in tasks}
    return {task: found for task, found in answers.items() if found and "" not in found}


def _list_longest(blocks: Sequence[BlockResult], kept: NDArray[np.void]) -> list[LongPrompt]:
    longest = kept[np.argsort(kept["length"], kind="stable")[: -_LISTED_PROMPTS - 1 : -1]]
    found = longest[["length", "block", "offset", "task"]].tolist()
    return [
        LongPrompt(length, blocks[block].file, blocks[block].first + offset, task)
        for length, block, offset, task in found
    ]


def _list_rejects(blocks: Sequence[BlockResult]) -> list[Reject]:
    rejects = ((block.file, block.first + offset, reason) for block in blocks for offset, reason in block.rejects)
    return [Reject(*reject) for reject in islice(rejects, _LISTED_REJECTS)]


def _describe_lengths(settings: ConversionSettings, kept: NDArray[np.void], written: int) -> dict[str, Any] | None:
    if settings.lengths is None:
        return None
    counts = {"rows": written, "rows_over": int(kept["over"].sum()), "rows_cut": int(kept["cut"].sum())}
    return {"tokenizer": str(settings.lengths.tokenizer), "cutoff_len": settings.lengths.cutoff_len} | counts

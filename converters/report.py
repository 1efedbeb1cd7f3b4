"""The report of a conversion: counts of rows by outcome, and findings."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.sample import Step, Table, count_leaks
from converters.settings import ConversionSettings
from shopbench_plugin.core.vocabulary import TaskType

_LISTED_REJECTS = 1_000
_LISTED_PROMPTS = 10
_DROPPED = (Step.BINARY, Step.OTHER_SPLIT, Step.OTHER_SETTING, Step.REPEATED)
_COUNTS = (*map(str, Step), "originals", "dropped", "sampled", "written")
_TYPE_ORDER = [*TaskType, "binary", None]


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
        repeats: kind -> task -> rows, as from `select`.
        leaks: samples of a task that are in two splits.
        answers: task -> answer -> converted rows, for tasks with a closed set of answers.
        longest_prompts: length (in characters), file, line and task of the longest prompts, longest first.
        rejects: file, line and reason of the first thousand rows that can't be converted; `rows` counts them all.
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
    longest_prompts: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    lengths: dict[str, Any] | None
    digest: str = ""
    replaced: str = ""


def make_report(
    settings: ConversionSettings, table: Table, kept: Table, repeats: dict[str, Counter[str]], output: Path
) -> Report:
    """Return the report of all rows and of those that the selection kept, which found these repeats."""
    tasks = _count_tasks(table, kept)
    rows = {name: sum(counts[name] for counts in tasks.values()) for name in _COUNTS}
    by_source = sorted(Counter(kept["source"].tolist()).items())
    leaks = sorted(count_leaks(table).items())
    longest = np.argsort(kept["length"], kind="stable")[: -_LISTED_PROMPTS - 1 : -1]
    rejects = np.flatnonzero(table["step"] == Step.REJECTED)[:_LISTED_REJECTS]
    return Report(
        output=str(output),
        sources=[
            {"source": name, "weight": weight} for name, weight in zip_longest(settings.sources, settings.weights)
        ],
        seed=settings.seed,
        rows=rows,
        by_source={settings.sources[number]: count for number, count in by_source},
        tasks=tasks,
        repeats={kind: dict(sorted(counts.items())) for kind, counts in repeats.items()},
        leaks=[{"task": task, "splits": splits, "samples": count} for (task, splits), count in leaks],
        answers=_count_answers(kept, tasks),
        longest_prompts=_list_rows(kept, longest, "length", "file", "line", "task"),
        rejects=_list_rows(table, rejects, "file", "line", "reason"),
        lengths=_describe_lengths(settings, kept, rows["written"]),
    )


def _count_tasks(table: Table, kept: Table) -> dict[str, dict[str, Any]]:
    counts = Counter(zip(table["task"].tolist(), table["step"].tolist(), strict=True))
    originals = Counter(kept["task"][kept["original"].astype(bool)].tolist())
    types = dict(zip(table["task"][::-1].tolist(), table["type"][::-1].tolist(), strict=True))
    tasks = {}
    for task in sorted(types, key=lambda task: (_TYPE_ORDER.index(types[task]), task)):
        steps = {str(step): counts[task, step] for step in Step}
        steps[Step.READ] = sum(steps.values())
        tasks[task] = {"type": types[task], **steps} | {
            "originals": originals[task],
            "dropped": sum(steps[step] for step in _DROPPED),
            "sampled": steps[Step.CONVERTED],
            "written": steps[Step.CONVERTED] + originals[task],
        }
    return tasks


def _count_answers(kept: Table, tasks: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return task -> answer -> rows, numbers in numeric order; tasks with free text are left out."""
    counts = Counter(zip(kept["task"].tolist(), kept["answer"].tolist(), strict=True))
    in_order = sorted(counts, key=lambda pair: (pair[1].isdecimal() and len(pair[1]), pair[1]))
    answers = {task: {answer: counts[task, answer] for name, answer in in_order if name == task} for task in tasks}
    return {task: found for task, found in answers.items() if found and "" not in found}


def _list_rows(table: Table, rows: NDArray[np.int64], *names: str) -> list[dict[str, Any]]:
    columns = [table[name][rows].tolist() for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _describe_lengths(settings: ConversionSettings, kept: Table, written: int) -> dict[str, Any] | None:
    if settings.lengths is None:
        return None
    counts = {"rows": written, "rows_over": int(kept["over"].sum()), "rows_cut": int(kept["cut"].sum())}
    return {"tokenizer": str(settings.lengths.tokenizer), "cutoff_len": settings.lengths.cutoff_len} | counts

"""What benchmarks find out, in one form: a time or a rate of the project's beside that of something else."""

from dataclasses import asdict, dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        area: "conversion", "training", "prediction", "constraints", "scoring", "whole benchmark" or "start-up".
        ours: what was measured, with its value.
        other: what it was measured against in the same run, with its value.
        ratio: ours through other, in `unit`.
        unit: "time" or "memory" (less is better) or "rate" (more is better).
        wanted: what the ratio ought to be; empty where there is no such figure.
    """

    area: str
    ours: str
    other: str
    ratio: float
    unit: str
    wanted: str = ""


def write_figures(path: Path | None, figures: list[Figure]) -> None:
    """Write the figures as JSON, where a file is named."""
    if path is not None:
        path.write_bytes(orjson.dumps([asdict(figure) for figure in figures], option=orjson.OPT_INDENT_2))


def read_figures(path: Path) -> list[Figure]:
    """Return what `write_figures` wrote."""
    return [Figure(**one) for one in orjson.loads(path.read_bytes())]


def make_table(figures: list[Figure]) -> str:
    """Return the figures as a table in Markdown."""
    lines = ["| | measured | against | ratio | wanted |", "|---|---|---|---:|---|"]
    for figure in figures:
        ratio = f"{figure.ratio:.3g} x the {figure.unit}"
        lines.append(f"| {figure.area} | {figure.ours} | {figure.other} | {ratio} | {figure.wanted} |")
    return "\n".join(lines) + "\n"

"""The whole benchmark's size: 20,799 questions in four skill files, routed and scored by the commands themselves.

    python benchmarks/bench_whole.py [--questions FILE ...] [--json FILE]

The questions are the files', numbered so that none repeats, without those that are scored by embeddings.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.demonstrations.answers import write_answer
from shopbench_plugin.formats.questions import read_development_set

from figures import Figure, make_table, write_figures

ROOT = Path(__file__).parents[1]
QUESTIONS = 20_799
_MOST_SECONDS, _MOST_MEGABYTES = 20.0, 1_000
_SKILLS = ("skill1_concept", "skill2_reasoning", "skill3_behavior", "skill4_multilingual")
_FIELDS = ("input_field", "output_field", "task_name", "task_type", "metric")
_EMBEDDED = ("sent-transformer", "multilingual-sent-transformer")


class Usage(NamedTuple):
    """Seconds by the clock, those of all processors, and the megabytes of the largest process."""

    seconds: float
    processor: float
    megabytes: float


def main() -> None:
    """Print seconds and memory of both commands together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, nargs="+", default=[ROOT / "data/shopbench_sample.jsonl"])
    parser.add_argument("--json", type=Path, help="write the figures there too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, arguments.questions)
        answers, skills = folder / "answers.jsonl", folder / "data"
        routing = run("route", "--input", skills, "--output", folder / "routes.jsonl")
        scoring = run("evaluate", "--predictions", answers, "--reference", skills)
    both = {"route": routing, "evaluate": scoring}
    said = ", ".join(f"{name} {one.seconds:.1f} s ({one.processor:.1f} s of processors)" for name, one in both.items())
    seconds, megabytes = routing.seconds + scoring.seconds, max(routing.megabytes, scoring.megabytes)
    area, wanted = "whole benchmark", "below 1"
    figures = [
        Figure(area, f"{QUESTIONS:,} questions: {said}", "20 s", seconds / _MOST_SECONDS, "time", wanted),
        Figure(area, f"largest process {megabytes:.0f} MB", "1 GB", megabytes / _MOST_MEGABYTES, "memory", wanted),
    ]
    print(make_table(figures))
    write_figures(arguments.json, figures)


def write_files(folder: Path, sources: list[Path]) -> None:
    """Write the skill files as Shopping MMLU has them, and the right answers as predictions."""
    questions = [one for path in sources for one in read_development_set(path) if one.metric not in _EMBEDDED]
    tracks = sorted({str(one.track) for one in questions})
    numbered = [replace(one, input_field=f"({place}) {one.input_field}") for place, one in enumerate(repeat(questions))]
    skills = folder / "data" / "skills"
    skills.mkdir(parents=True)
    answers: list[dict[str, Any]] = []
    for name, track in zip(_SKILLS, tracks, strict=True):
        chosen = [one for one in numbered if one.track == track]
        write_lines(skills / f"{name}.json", [{field: getattr(one, field) for field in _FIELDS} for one in chosen])
        answers += [{"input_field": one.input_field, "prediction": write_answer(one)} for one in chosen]
    write_lines(folder / "answers.jsonl", answers)


def repeat(questions: list[Question]) -> Iterator[Question]:
    """Yield as many questions as the benchmark has."""
    return islice(cycle(questions), QUESTIONS)


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a JSON object a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def run(*arguments: object) -> Usage:
    """Run a command and return what it used."""
    program = Path(sys.executable).with_name("shopbench")
    started = time.perf_counter()
    process = subprocess.Popen([program, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"error: shopbench {arguments[0]}: {said.decode()}")
    seconds = time.perf_counter() - started
    return Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()

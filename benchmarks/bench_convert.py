"""Time and memory of `shopbench convert` beside what else one could do, on generated rows of ECInstruct's size.

    python benchmarks/bench_convert.py [--rows 264000] [--runs 3] [--skip-datasets]

Each candidate runs in a process of its own, all of them in turn, `--runs` times; the best time counts. The time of all
processors together (user and system) tells more than the clock where other programs run. Memory is the highest sum over
its processes at one time, with pages that they share counted once (PSS).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from ecinstruct_rows import write_rows
from figures import Figure, write_figures
from machine import describe_machine, read_processor_seconds

_POLL_SECONDS = 0.05
_FLOOR = """
import sys, orjson
with open(sys.argv[1], "rb") as source, open(sys.argv[2] + "/floor.jsonl", "wb") as target:
    for line in source:
        target.write(orjson.dumps(orjson.loads(line)) + b"\\n")
"""
_PLAIN_LOOP = """
import re, sys, orjson
label = re.compile(r'(?<=")([A-Z])(?=: )')
number = lambda found: str(ord(found[1]) - 65)
with open(sys.argv[1], "rb") as source, open(sys.argv[2] + "/plain.jsonl", "wb") as target:
    for line in source:
        row = orjson.loads(line)
        if row["options"]:
            row["options"] = label.sub(number, row["options"])
            row["output"] = str(ord(row["output"][0]) - 65) + row["output"][1:]
        target.write(orjson.dumps(row) + b"\\n")
"""
_DATASETS = """
import re, sys
from datasets import load_dataset
label = re.compile(r'(?<=")([A-Z])(?=: )')
binary = {"Answerability_Prediction", "Product_Substitute_Identification", "Product_Matching"}
def swap(row):
    options, output = row["options"], row["output"]
    if options:
        options = label.sub(lambda found: str(ord(found[1]) - 65), options)
        output = str(ord(output[0]) - 65) + output[1:]
    return {"instruction": row["instruction"], "input": f"{row['input']}\\n{options or ''}", "output": output}
if __name__ == "__main__":
    processes = int(sys.argv[3]) if int(sys.argv[3]) > 1 else None
    rows = load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=sys.argv[2] + "/cache")
    rows = rows.filter(lambda row: row["task"] not in binary, num_proc=processes)
    rows = rows.map(swap, remove_columns=rows.column_names, num_proc=processes)
    rows.to_json(sys.argv[2] + "/datasets.jsonl", num_proc=processes, force_ascii=False)
"""
_FLOOR_TITLE = "floor: orjson reads and writes every line"


@dataclass(frozen=True, slots=True)
class Measured:
    """Times of a candidate in seconds, by the clock and of all processors, and its highest memory."""

    seconds: float
    processor_seconds: float
    megabytes: float


def main() -> None:
    """Generate the rows, run every candidate, print the table."""
    arguments = _parse_arguments()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        source = folder / "source.jsonl"
        write_rows(source, arguments.rows)
        print(f"{arguments.rows:,} rows, {source.stat().st_size / 1e6:.0f} MB; {describe_machine()}\n")
        candidates = _list_candidates(source, arguments.skip_datasets)
        rounds = [
            {title: _measure(command, folder) for title, command in candidates.items()} for _ in range(arguments.runs)
        ]
        measured = {title: _find_best([one[title] for one in rounds]) for title in candidates}
    _print_table(measured)
    write_figures(arguments.json, _compare(measured))


def _compare(measured: dict[str, Measured]) -> list[Figure]:
    return [
        Figure(
            "conversion",
            f"{title} {one.seconds:.2f} s, {one.megabytes:.0f} MB",
            f"{other} {measured[other].seconds:.2f} s, {measured[other].megabytes:.0f} MB",
            one.seconds / measured[other].seconds,
            "time",
            "at most 2.5" if other == _FLOOR_TITLE else "",
        )
        for title, one in measured.items()
        if title.startswith("shopbench")
        for other in measured
        if not other.startswith("shopbench")
    ]


def _print_table(measured: dict[str, Measured]) -> None:
    floor = next(iter(measured.values()))
    print("| candidate | seconds | times the floor | processor seconds | times the floor | MB |")
    print("|---|---:|---:|---:|---:|---:|")
    for title, one in measured.items():
        by_clock, by_work = one.seconds / floor.seconds, one.processor_seconds / floor.processor_seconds
        times = f"{one.seconds:.2f} | {by_clock:.1f} | {one.processor_seconds:.2f} | {by_work:.1f}"
        print(f"| {title} | {times} | {one.megabytes:.0f} |")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=264_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--skip-datasets", action="store_true", help="leave the slow candidates out")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--folder", type=Path, default=None, help="where to write; a disk, not memory")
    return parser.parse_args()


def _list_candidates(source: Path, skip_datasets: bool) -> dict[str, list[str]]:
    convert = [
        "-m",
        "shopbench_plugin",
        "convert",
        "--source",
        str(source),
        "--sample",
        "200000",
        "--output-dir",
        "OUT",
    ]
    candidates = {
        _FLOOR_TITLE: ["-c", _FLOOR, str(source), "OUT"],
        "a plain orjson loop that swaps letters": ["-c", _PLAIN_LOOP, str(source), "OUT"],
        "shopbench convert, all rules, originals joined": convert,
        "shopbench convert, all rules, no originals": [*convert, "--no-originals"],
    }
    if not skip_datasets:
        script = source.with_name("with_datasets.py")
        script.write_text(_DATASETS, encoding="utf-8")
        for processes in ("1", "2"):
            title = f"datasets: load, filter, map, to_json, {processes} process(es)"
            candidates[title] = [str(script), str(source), "OUT", processes]
    return candidates


def _measure(command: list[str], folder: Path) -> Measured:
    output = folder / "out"
    output.mkdir()
    os.sync()  # what the candidate before left to be written is not this one's to wait for
    arguments = [sys.executable, *(part if part != "OUT" else str(output) for part in command)]
    started, used = time.perf_counter(), read_processor_seconds()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watch = _MemoryWatch(process.pid)
    _, errors = process.communicate()
    seconds, processor_seconds = time.perf_counter() - started, read_processor_seconds() - used
    megabytes = watch.stop()
    shutil.rmtree(output)
    if process.returncode:
        sys.exit(errors.decode())
    return Measured(seconds, processor_seconds, megabytes)


def _find_best(runs: list[Measured]) -> Measured:
    return Measured(
        min(run.seconds for run in runs),
        min(run.processor_seconds for run in runs),
        max(run.megabytes for run in runs),
    )


class _MemoryWatch:
    """Polls the memory of a process and its children (Linux; elsewhere it stays 0)."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._most = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._poll)
        self._thread.start()

    def stop(self) -> float:
        """Stop polling and return the highest sum in megabytes."""
        self._done.set()
        self._thread.join()
        return self._most

    def _poll(self) -> None:
        while not self._done.wait(_POLL_SECONDS):
            self._most = max(self._most, sum(map(_read_megabytes, _list_family(self._root))))


def _list_family(root: int) -> list[int]:
    family = [root]
    for process in family:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                family += map(int, children.read_text(encoding="ascii").split())
            except OSError:
                continue
    return family


def _read_megabytes(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()

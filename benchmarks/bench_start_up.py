"""What a start costs: the import hook in every Python process, and the program's help beside LlamaFactory's.

python benchmarks/bench_start_up.py [--json FILE]
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from figures import Figure, make_table, write_figures

HOOK_RUNS = 50
RUNS = 10
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+shopbench_plugin")
_PROGRAMS = Path(sys.executable).parent
# Bytecode is kept after the first start, as where nobody forbids it.
_ENVIRONMENT = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": ""}


def main() -> None:
    """Print medians over many starts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures there too")
    arguments = parser.parse_args()
    python = time_start([sys.executable, "-c", ""])
    llamafactory = time_start([str(_PROGRAMS / "llamafactory-cli"), "version"], runs=2)
    other = f"`llamafactory-cli version` {llamafactory:.2f} s"
    hook = median(sorted(measure_hook() for _ in range(HOOK_RUNS))) / 1e6
    figures = [
        Figure(
            "start-up",
            f"import hook {hook * 1e6:.0f} us",
            f"Python's own start {python * 1e3:.0f} ms",
            hook / python,
            "time",
            "at most 1 ms",
        )
    ]
    for words in ("--help", "convert --help"):
        seconds = time_start([str(_PROGRAMS / "shopbench"), *words.split()])
        ours = f"`shopbench {words}` {seconds:.2f} s"
        figures.append(Figure("start-up", ours, other, seconds / llamafactory, "time", "under 0.3 s"))
    print(make_table(figures))
    write_figures(arguments.json, figures)


def measure_hook() -> int:
    """Start Python once and add up the time in the project's modules, in microseconds (python -X importtime)."""
    command = [sys.executable, "-X", "importtime", "-c", ""]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=_ENVIRONMENT)
    return sum(int(microseconds) for microseconds in _LINE.findall(done.stderr))


def time_start(command: list[str], runs: int = RUNS) -> float:
    """Return the median seconds of a command, its first run (which may compile bytecode) left out."""
    seconds = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=_ENVIRONMENT)
        seconds.append(time.perf_counter() - started)
    return median(seconds[1:])


if __name__ == "__main__":
    main()

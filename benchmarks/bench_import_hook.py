"""What the import hook adds to the start of every Python process, in microseconds.

python benchmarks/bench_import_hook.py
"""

import re
import subprocess
import sys
from statistics import median

RUNS = 50
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+shopbench_plugin")


def main() -> None:
    """Print the median over many starts."""
    times = sorted(measure_once() for _ in range(RUNS))
    print(f"import hook: {median(times):.0f} us (fastest {times[0]}, slowest {times[-1]}, {RUNS} starts)")


def measure_once() -> int:
    """Start Python once and add up the time in the project's modules (python -X importtime)."""
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", ""], check=True, capture_output=True, text=True)
    return sum(int(microseconds) for microseconds in _LINE.findall(done.stderr))


if __name__ == "__main__":
    main()

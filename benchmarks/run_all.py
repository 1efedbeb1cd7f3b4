"""Every benchmark, one after the other, and one table of what they found in docs/performance.md.

    python benchmarks/run_all.py [--only start_up training] [--output FILE]    (after `make demo`)

What else the page says stays. A benchmark that fails has no lines in the table.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from figures import Figure, make_table, read_figures

BENCHMARKS = ("convert", "training", "predict", "scoring", "start_up")
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_START, _END = "<!-- figures: make bench -->\n", "<!-- end of figures -->\n"
_PACKAGES = ("torch", "transformers", "llamafactory", "vllm", "outlines", "orjson", "datasets", "sentence-transformers")


def main() -> None:
    """Run the benchmarks that were asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS, help="run these alone")
    parser.add_argument("--output", type=Path, default=PAGE, help="page whose table is replaced")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = [figure for name in arguments.only for figure in run_benchmark(name, Path(folder))]
    text = f"{_START}{describe_machine()}\n\n{make_table(found)}{_END}"
    before, after = split_page(arguments.output.read_text(encoding="utf-8"))
    arguments.output.write_text(before + text + after, encoding="utf-8")
    print(make_table(found))


def run_benchmark(name: str, folder: Path) -> list[Figure]:
    """Run one benchmark in a process of its own and return what it found."""
    print(f"== {name}", flush=True)
    result = folder / f"{name}.json"
    script = Path(__file__).with_name(f"bench_{name}.py")
    done = subprocess.run([sys.executable, script, "--json", result], check=False)
    if done.returncode:
        print(f"error: {script} failed with exit status {done.returncode}", file=sys.stderr)
        return []
    return read_figures(result)


def split_page(page: str) -> tuple[str, str]:
    """Return what stands before and after the table."""
    before, found, rest = page.partition(_START)
    if not found or _END not in rest:
        sys.exit(f"error: {PAGE} has no place for the table; put the lines {_START!r} and {_END!r} there")
    return before, rest.partition(_END)[2]


def describe_machine() -> str:
    """Return a line on the machine, the day and the versions."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    packages = ", ".join(f"{name} {_find_version(name)}" for name in _PACKAGES)
    machine = f"{os.cpu_count()} x {processor or platform.machine()}, {platform.system()}"
    return f"{datetime.now(UTC):%B %Y}, {machine}, Python {platform.python_version()}, {packages}."


def _find_version(package: str) -> str:
    for name in (package, f"{package}-cpu"):  # vLLM's build for CPUs has a name of its own
        try:
            return version(name)
        except ModuleNotFoundError:
            continue
    return "(absent)"


if __name__ == "__main__":
    main()

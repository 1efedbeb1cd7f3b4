"""Every benchmark, one after the other, and one table of what they found in docs/performance.md.

    python benchmarks/run_all.py [--only start_up training] [--output FILE]    (after `make demo`)

What else the page says stays. A benchmark that fails has no lines in the table.
"""

import argparse
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from figures import Figure, make_table, read_figures
from machine import describe_machine

BENCHMARKS = ("convert", "training", "predict", "scoring", "whole", "start_up")
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_START, _END = "<!-- figures: make bench -->\n", "<!-- end of figures -->\n"


def main() -> None:
    """Run the benchmarks that were asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS, help="run these alone")
    parser.add_argument("--output", type=Path, default=PAGE, help="page whose table is replaced")
    arguments = parser.parse_args()
    before, after = split_page(arguments.output)
    with tempfile.TemporaryDirectory() as folder:
        found = {name: run_benchmark(name, Path(folder)) for name in arguments.only}
    table = make_table([figure for figures in found.values() for figure in figures])
    machine = f"{datetime.now(UTC):%B %Y}, {describe_machine()}."
    arguments.output.write_text(f"{before}{_START}{machine}\n\n{table}{_END}{after}", encoding="utf-8")
    print(table)
    if failed := [name for name, figures in found.items() if not figures]:
        sys.exit(f"error: {', '.join(failed)} failed and are not in {arguments.output}; the reason stands above")


def run_benchmark(name: str, folder: Path) -> list[Figure]:
    """Run one benchmark in a process of its own and return what it found."""
    print(f"== {name}", flush=True)
    result = folder / f"{name}.json"
    script = Path(__file__).with_name(f"bench_{name}.py")
    done = subprocess.run([sys.executable, script, "--json", result], check=False)
    return read_figures(result) if done.returncode == 0 else []


def split_page(path: Path) -> tuple[str, str]:
    """Return what stands before and after the page's table."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    before, found, rest = page.partition(_START)
    if not found or _END not in rest:
        sys.exit(f"error: {path} has no place for the table; put the lines {_START!r} and {_END!r} there")
    return before, rest.partition(_END)[2]


if __name__ == "__main__":
    main()

"""`make bench` writes one table of what every benchmark found, and leaves the rest of the page alone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PAGE = "# Figures\n\n<!-- figures: make bench -->\nold\n<!-- end of figures -->\n\nMore.\n"


# Writes a figure without measuring anything.
BENCHMARK = """
import sys
from pathlib import Path

from figures import Figure, write_figures

write_figures(Path(sys.argv[2]), [Figure("start-up", "ours 1 s", "theirs 2 s", 0.5, "time", "under 1 s")])
"""


def run_script(script: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["convert", "training", "predict", "scoring", "start_up"])
def test_every_benchmark_writes_its_figures_where_it_is_told(name: str) -> None:
    assert "--json" in run_script(BENCHMARKS / f"bench_{name}.py", "--help").stdout


def test_a_page_without_a_place_for_the_table_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    done = run_script(BENCHMARKS / "run_all.py", "--output", tmp_path / "absent.md")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {tmp_path}/absent.md has no place for the table")


def test_the_table_takes_the_old_ones_place(tmp_path: Path) -> None:
    folder = shutil.copytree(BENCHMARKS, tmp_path / "benchmarks", ignore=shutil.ignore_patterns("bench_*"))
    (folder / "bench_start_up.py").write_text(BENCHMARK)
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert run_script(folder / "run_all.py", "--only", "start_up", "--output", page).returncode == 0
    before, _, rest = page.read_text().partition("<!-- figures: make bench -->\n")
    table, _, after = rest.partition("<!-- end of figures -->\n")
    assert (before, after) == ("# Figures\n\n", "\nMore.\n")
    assert table.splitlines()[2:] == [
        "| | measured | against | ratio | wanted |",
        "|---|---|---|---:|---|",
        "| start-up | ours 1 s | theirs 2 s | 0.5 x the time | under 1 s |",
    ]

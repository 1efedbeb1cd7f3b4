"""`make bench` writes one table of what every benchmark found, and leaves the rest of the page alone."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PAGE = "# Figures\n\n<!-- figures: make bench -->\nold\n<!-- end of figures -->\n\nMore.\n"


def run_script(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCHMARKS / f"{name}.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["convert", "training", "predict", "scoring", "start_up"])
def test_every_benchmark_writes_its_figures_where_it_is_told(name: str) -> None:
    assert "--json" in run_script(f"bench_{name}", "--help").stdout


def test_a_page_without_a_place_for_the_table_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    done = run_script("run_all", "--output", tmp_path / "absent.md")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {tmp_path}/absent.md has no place for the table")


@pytest.mark.slow
def test_the_table_takes_the_old_ones_place(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert run_script("run_all", "--only", "start_up", "--output", page).returncode == 0
    before, _, rest = page.read_text().partition("<!-- figures: make bench -->\n")
    table, _, after = rest.partition("<!-- end of figures -->\n")
    assert (before, after) == ("# Figures\n\n", "\nMore.\n")
    assert [line.split("|")[1].strip() for line in table.splitlines() if "llamafactory-cli" in line] == ["start-up"] * 2
    assert "old" not in table

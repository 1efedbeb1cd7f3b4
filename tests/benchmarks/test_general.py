"""The questions of general knowledge that show what tuning on shopping costs elsewhere."""

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_questions_that_lm_eval_ships_become_numbered_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    rows = list(importlib.import_module("bench_general").read_shipped_questions())
    assert (len(rows), len({row["task_name"] for row in rows})) == (279, 57)
    assert rows[2]["input_field"] == (
        "Statement 1| Every function from a finite set onto itself must be one to one. Statement 2 | Every subgroup of "
        "an abelian group is abelian.\n0. True, True\n1. False, False\n2. True, False\n3. False, True\nAnswer: "
    )
    assert rows[2]["output_field"] == 0

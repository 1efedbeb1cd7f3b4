"""Tables for the terminal if there is nothing to print them to."""

import sys

import pytest

from shopbench_plugin.cli.tables import print_summary, print_tables
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.table import Table


def test_a_closed_standard_output_fails_a_result_but_not_a_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table("scores", ["group", "score"], [["all", "1.000"]])
    monkeypatch.setattr(sys, "stdout", None)
    print_summary(table, notes=["a note"])
    with pytest.raises(ShopBenchError, match="standard output is closed"):
        print_tables(table)

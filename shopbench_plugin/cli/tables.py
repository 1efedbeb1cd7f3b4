"""Tables for the terminal, at its width, and for pipes, wide enough for a program to read."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shopbench_plugin.core.errors import ShopBenchError, make_printable

if TYPE_CHECKING:
    from shopbench_plugin.scoring.table import Table

_PIPE_COLUMNS = 140


def print_tables(*tables: "Table", notes: Sequence[str] = ()) -> None:
    """Print the tables, then the notes with control characters escaped.

    Raises:
        ShopBenchError: standard output is closed.
    """
    if sys.stdout is None:
        raise ShopBenchError("standard output is closed, so the table can't be printed; redirect it to a file")
    from rich.console import Console

    from shopbench_plugin.scoring.table import to_terminal

    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
    for table in tables:
        console.print(to_terminal(table))
    for note in notes:
        console.print(make_printable(note), style="yellow")

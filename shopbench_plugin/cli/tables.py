"""Tables on the terminal, as wide as it is, and in a pipe wide enough to be read by a program."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shopbench_plugin.core.errors import make_printable

if TYPE_CHECKING:
    from rich.table import Table

_PIPE_COLUMNS = 140


def print_tables(*tables: "Table", notes: Sequence[str] = ()) -> None:
    """Print the tables, whose cells are printable text without markup, and then the notes, whatever they quote."""
    from rich.console import Console

    console = Console(markup=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
    for table in tables:
        console.print(table)
    for note in notes:
        console.print(make_printable(note), style="yellow", markup=False, highlight=False)

"""Tables for the terminal, at its width, and for pipes, wide enough for a program to read."""

import sys
from collections.abc import Iterable

from shopbench_plugin.core.errors import ShopBenchError, make_printable
from shopbench_plugin.core.table import Table, to_terminal

_PIPE_COLUMNS = 140


def print_tables(*tables: Table, notes: Iterable[str] = ()) -> None:
    """Print a command's result: the tables, then each note on its own line, with control characters escaped.

    Raises:
        ShopBenchError: standard output is closed.
    """
    if sys.stdout is None:
        raise ShopBenchError("standard output is closed, so the table can't be printed; redirect it to a file")
    print_summary(*tables, notes=notes)


def print_summary(*tables: Table, notes: Iterable[str] = (), to_stderr: bool = False) -> None:
    """Print tables and notes on a result that is in a file; nothing if the stream is closed."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream is not None and stream.isatty() else _PIPE_COLUMNS
    console = Console(markup=False, highlight=False, width=width, stderr=to_stderr)
    for table in tables:
        console.print(to_terminal(table))
    for note in notes:
        console.print(make_printable(note), style="yellow", soft_wrap=True)

"""A table of texts and its three renderers: terminal, Markdown and HTML."""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopbench_plugin.core.errors import make_printable

if TYPE_CHECKING:
    import rich.table

_NUMBER = re.compile(r"[+\-−<]?\d|not scored$|not timed$|$")
_MARKDOWN = re.compile(r"[\\`*\[\]<>|&@]|(?<=[a-z]):(?=//)|(?<=www)\.", re.IGNORECASE)
_STYLES = {"better": "green", "worse": "red"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table: title, column headers, and rows of the same length, whose first cell is the row's header.

    Cells hold any text, which every renderer escapes. `sections` are the indices of rows that start a new section.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    sections: Sequence[int] = ()

    def find_numeric(self) -> list[bool]:
        """Return for each column whether its cells are numbers, which are aligned to the right."""
        return [
            place > 0 and any(row[place] for row in self.rows) and all(_NUMBER.match(row[place]) for row in self.rows)
            for place in range(len(self.columns))
        ]


def to_terminal(table: Table) -> "rich.table.Table":
    """Return the table for the terminal; rows with a verdict are coloured."""
    from rich.table import Table as TerminalTable
    from rich.text import Text

    shown = TerminalTable(title=Text(make_printable(table.caption)))
    for column, is_numeric in zip(table.columns, table.find_numeric(), strict=True):
        shown.add_column(Text(make_printable(column)), justify="right" if is_numeric else "left")
    for place, row in enumerate(table.rows):
        if place in table.sections:
            shown.add_section()
        style = next((_STYLES[cell] for cell in row if cell in _STYLES), "")
        shown.add_row(*(Text(make_printable(cell)) for cell in row), style=style)
    return shown


def to_markdown(table: Table) -> str:
    """Return a heading and the table."""
    cells = [[escape_markdown(cell) for cell in row] for row in (table.columns, *table.rows)]
    cells.insert(1, ["---"] * len(table.columns))
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([f"## {escape_markdown(table.caption)}", "", *lines])


def escape_markdown(text: str) -> str:
    """Return `text` as one line with Markdown, HTML and links escaped."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(make_printable(part) for part in text.splitlines()))


def to_html(table: Table) -> str:
    """Return the table in an element that scrolls sideways if it is too wide."""
    caption, numeric = html.escape(table.caption), table.find_numeric()
    heads = "".join(
        f'<th scope="col"{_choose_class(is_numeric=one)}>{html.escape(column)}</th>'
        for column, one in zip(table.columns, numeric, strict=True)
    )
    sections = set(table.sections)
    rows = "\n".join(_render_row(row, numeric, is_first=place in sections) for place, row in enumerate(table.rows))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table>\n<caption>{caption}</caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def _render_row(row: Sequence[str], numeric: Iterable[bool], *, is_first: bool) -> str:
    cells = [
        f"<td{_choose_class(cell, is_numeric=one)}>{html.escape(cell)}</td>"
        for cell, one in zip(row, numeric, strict=True)
    ]
    cells[0] = f'<th scope="row">{html.escape(row[0])}</th>'
    kind = ' class="section"' if is_first else ""
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _choose_class(cell: str = "", *, is_numeric: bool) -> str:
    names = [*(["number"] if is_numeric else []), *([cell] if cell in _STYLES else [])]
    return f' class="{" ".join(names)}"' if names else ""

"""Write docs/cli.md: the help of every command. Run it after changing one: `make docs-cli`."""

from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup

from shopbench_plugin.cli.main import app

PAGE = Path(__file__).with_name("cli.md")

_INTRODUCTION = """# Command line

The help of every command. This page is written by `make docs-cli`; `tests/docs/test_cli.py` compares it with the
program.
"""


def render_page() -> str:
    """Return the page as Markdown."""
    commands = [_render(name, text) for name, text in _list_help(typer.main.get_command(app), "shopbench", None)]
    return "\n".join([_INTRODUCTION, *commands])


def _render(name: str, text: str) -> str:
    return f"## {name}\n\n```text\n{text}\n```\n"


def _list_help(
    command: TyperCommand | TyperGroup, name: str, parent: typer.Context | None
) -> Iterator[tuple[str, str]]:
    """Yield (name, help) of a command and of those below it, wherever the page is made: 110 columns wide."""
    context = command.context_class(command, info_name=name, parent=parent, terminal_width=110)
    yield context.command_path, command.get_help(context)
    if isinstance(command, TyperGroup):
        for part in command.list_commands(context):
            yield from _list_help(command.commands[part], part, context)


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")

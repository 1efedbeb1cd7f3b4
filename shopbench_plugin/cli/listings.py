"""Help texts that list available names: {engines} and {presets} are filled in when the help is shown."""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption


def _list_engines() -> list[str]:
    from shopbench_plugin.engines.registry import ENGINES

    return ENGINES.list_names()


def _list_presets() -> list[str]:
    from shopbench_plugin.demonstrations.preset_names import list_presets

    return list_presets()


_LISTS: dict[str, Callable[[], list[str]]] = {"{engines}": _list_engines, "{presets}": _list_presets}


class ListingCommand(TyperCommand):
    """A command whose options' help lists available names, and whose --cot has an optional value.

    Typer supports options with a value and flags; this class adds the value to a flag.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments: a bare --cot means `--cot true`, and --no-cot means `--cot false`."""
        completed: list[str] = []
        for argument, following in zip_longest(args, args[1:], fillvalue="-"):
            completed += ["--cot", "false"] if argument == "--no-cot" else [argument]
            if argument == "--cot" and following.startswith("-"):
                completed.append("true")
        return list(super().parse_args(ctx, completed))

    def get_help(self, ctx: Any) -> str:
        """Return the help with the placeholders filled in."""
        for option in self.params:
            if isinstance(option, TyperOption) and option.help:
                option.help = _fill_in(option.help)
        return super().get_help(ctx)


class ListingGroup(TyperGroup):
    """A group whose help shows each command's first line in full; click cuts it to the terminal's width."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the names and first lines of all commands."""
        shown = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(limit=1_000)) for name, command in shown if command])


def _fill_in(text: str) -> str:
    for mark, list_names in _LISTS.items():
        if mark in text:
            text = text.replace(mark, ", ".join(list_names()))
    return text

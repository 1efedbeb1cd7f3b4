"""Help texts that list what there is: {engines} and {presets} in them become the names, when the help is shown."""

from collections.abc import Callable
from typing import Any

from typer.core import TyperCommand, TyperOption


def _list_engines() -> list[str]:
    from shopbench_plugin.engines.registry import ENGINES

    return ENGINES.list_names()


def _list_presets() -> list[str]:
    from shopbench_plugin.demonstrations.preset_names import list_presets

    return list_presets()


_LISTS: dict[str, Callable[[], list[str]]] = {"{engines}": _list_engines, "{presets}": _list_presets}


class ListingCommand(TyperCommand):
    """A command whose options' help lists what there is."""

    def get_help(self, ctx: Any) -> str:
        """Return the help, with names in the place of the marks."""
        for option in self.params:
            if isinstance(option, TyperOption) and option.help:
                option.help = _fill_in(option.help)
        return super().get_help(ctx)


def _fill_in(text: str) -> str:
    for mark, list_names in _LISTS.items():
        if mark in text:
            text = text.replace(mark, ", ".join(list_names()))
    return text

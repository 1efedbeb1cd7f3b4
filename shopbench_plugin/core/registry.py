"""What can be added from outside: the project's own entries by name, and those that other packages bring.

A package adds an entry through an entry point of the registry's group, in its pyproject.toml:

    [project.entry-points."shopbench.engines"]
    echo = "shopbench_echo:EchoSettings"
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pkgutil import resolve_name
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, unknown_name


@dataclass(frozen=True, slots=True)
class Registry:
    """Entries of one kind, loaded one by one when they are asked for.

    Attributes:
        kind: what an entry is, for messages: "engine".
        group: the entry points' group.
        own: where the project's entries are, by name: "package.module:attribute". They win over an entry point.
    """

    kind: str
    group: str
    own: Mapping[str, str]

    def list_names(self) -> list[str]:
        """Return the names of all entries, sorted; nothing is imported."""
        return sorted({*self.own, *_find_entry_points(self.group)})

    def find(self, name: str) -> Any:
        """Return the entry of that name.

        Raises:
            ShopBenchError: there is none, or the package that brings it can't be imported.
        """
        if name in self.own:
            return resolve_name(self.own[name])
        found = _find_entry_points(self.group).get(name)
        if found is None:
            raise unknown_name(self.kind, name, self.list_names())
        try:
            return found.load()
        except Exception as error:  # another package fails in ways of its own
            package = found.dist.name if found.dist else found.value
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ShopBenchError(
                f"{self.kind} '{name}' of the package {package} can't be loaded ({reason}); update or uninstall it"
            ) from error


@cache
def _find_entry_points(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}

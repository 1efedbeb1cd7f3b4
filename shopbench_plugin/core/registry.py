"""Registries of extensible things: the project's entries by name, and those of other packages.

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

from shopbench_plugin.core.errors import ShopBenchError, describe_exception, unknown_name


@dataclass(frozen=True, slots=True)
class Registry:
    """Entries of one kind, each loaded when it is requested.

    Attributes:
        kind: what an entry is, for messages: "engine".
        group: the entry points' group.
        own: the project's entries by name, as "package.module:attribute"; they take precedence over entry points.
    """

    kind: str
    group: str
    own: Mapping[str, str]

    def list_names(self) -> list[str]:
        """Return the sorted names of all entries, without importing them."""
        return sorted({*self.own, *_find_entry_points(self.group)})

    def find(self, name: str) -> Any:
        """Return the entry of that name.

        Raises:
            ShopBenchError: there is none, or its package can't be imported.
        """
        if name in self.own:
            return resolve_name(self.own[name])
        found = _find_entry_points(self.group).get(name)
        if found is None:
            raise unknown_name(self.kind, name, self.list_names())
        try:
            return found.load()
        except Exception as error:  # other packages may raise anything
            package = found.dist.name if found.dist else found.value
            reason = describe_exception(error)
            raise ShopBenchError(
                f"{self.kind} '{name}' of package {package} can't be loaded ({reason}); update or uninstall it"
            ) from error


@cache
def _find_entry_points(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}

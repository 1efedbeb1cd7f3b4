"""The built-in presets by name: every YAML file of the folder `presets`."""

from importlib import resources
from importlib.resources.abc import Traversable


def list_presets() -> list[str]:
    """Return the names of the built-in presets."""
    entries = find_preset_folder().iterdir()
    return sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml"))


def find_preset_folder() -> Traversable:
    """Return their folder, which may be within a wheel."""
    return resources.files("shopbench_plugin.demonstrations") / "presets"

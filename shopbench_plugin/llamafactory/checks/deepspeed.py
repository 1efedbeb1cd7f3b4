"""DeepSpeed's settings: a file or a mapping."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Recipe


def find_wrong_deepspeed(facts: Facts) -> Iterator[Finding]:
    """A file that is missing or not a JSON object."""
    name = facts.recipe.text("deepspeed")
    if not name or name.startswith("{"):
        return
    if not Path(name).is_file():
        yield Finding(f"'deepspeed': no such file: {name}; fix the path")
        return
    try:
        _read_file(name)
    except (OSError, ValueError) as error:
        yield Finding(f"'deepspeed': {name} is not a JSON object ({error}); fix the file")


def uses_zero_3(recipe: Recipe) -> bool:
    """Return whether the recipe's DeepSpeed settings shard the weights (ZeRO's stage 3)."""
    settings: Any = recipe.settings.get("deepspeed")
    try:
        if isinstance(settings, str):
            settings = json.loads(settings) if settings.startswith("{") else _read_file(settings)
        return bool(settings["zero_optimization"]["stage"] == 3)  # noqa: PLR2004
    except (OSError, ValueError, TypeError, LookupError):
        return False


def _read_file(name: str) -> dict[str, Any]:
    content = json.loads(Path(name).read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004  reported like malformed JSON
    return content


CHECKS: tuple[Check, ...] = (find_wrong_deepspeed,)

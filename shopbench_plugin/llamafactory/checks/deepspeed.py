"""DeepSpeed's settings: a mapping, JSON or the name of a file."""

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
    if not name:
        return
    if not name.startswith("{") and not Path(name).is_file():
        yield Finding(f"'deepspeed': no such file: {name}; fix the path")
        return
    try:
        _read(name)
    except (OSError, ValueError) as error:
        yield Finding(f"'deepspeed': {name:.80} is not a JSON object ({error}); fix the file")


def uses_zero_3(recipe: Recipe) -> bool:
    """Return whether the recipe's DeepSpeed settings shard the weights (ZeRO's stage 3)."""
    settings: Any = recipe.settings.get("deepspeed")
    try:
        if isinstance(settings, str):
            settings = _read(settings)
        return bool(settings["zero_optimization"]["stage"] == 3)  # noqa: PLR2004
    except (OSError, ValueError, TypeError, LookupError):
        return False


def _read(text: str) -> dict[str, Any]:
    """Return the settings in a text that is JSON, or the name of a file."""
    content = json.loads(text if text.startswith("{") else Path(text).read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004  reported like malformed JSON
    return content


CHECKS: tuple[Check, ...] = (find_wrong_deepspeed,)

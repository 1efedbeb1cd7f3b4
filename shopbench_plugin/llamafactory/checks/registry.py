"""All checks, and running them together."""

from collections.abc import Iterable
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory.checks import (
    datasets,
    deepspeed,
    keys,
    lengths,
    models,
    places,
    quantizing,
    resumption,
    rules,
    training,
)
from shopbench_plugin.llamafactory.checks import templates as chat_templates
from shopbench_plugin.llamafactory.checks.facts import Facts, gather_facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Recipe, read_settings

_BY_SOURCE: tuple[Check, ...] = (*keys.BY_SOURCE, *chat_templates.CHECKS, *rules.CHECKS)
"""Checks that need the source of the installed LlamaFactory."""
_OTHERS: tuple[Check, ...] = (
    *keys.CHECKS,
    *datasets.CHECKS,
    *lengths.CHECKS,
    *training.CHECKS,
    *deepspeed.CHECKS,
    *resumption.CHECKS,
    *models.CHECKS,
    *places.CHECKS,
    *quantizing.CHECKS,
)
_LEFT_OUT = (
    "LlamaFactory is not installed here: key names and types, templates, conflicting settings and "
    "packages were not checked; check again on a machine where it is installed"
)


def check_recipe(recipe: Path, overrides: Iterable[str] = ()) -> list[str]:
    """Check a training or export recipe as LlamaFactory will see it, with `key=value` overrides; return warnings.

    Raises:
        ShopBenchError: lists everything that is wrong, in one line.
    """
    settings = read_settings(recipe, overrides)
    try:
        findings = find_all(gather_facts(Recipe(settings)))
    except OSError as error:  # a name that is too long, a folder that can't be entered
        raise ShopBenchError(f"{recipe}: {error.filename}: {error.strerror}; fix the path") from error
    problems = [finding.text for finding in findings if not finding.is_warning]
    if problems:
        raise ShopBenchError(f"{recipe}: {'; '.join(problems)}")
    return [finding.text for finding in findings]


def find_all(facts: Facts) -> list[Finding]:
    """Return every check's findings, each once; if LlamaFactory is missing, only of the checks that don't need it."""
    if facts.machine.find_version("llamafactory") is not None:
        checks, left_out = (*_BY_SOURCE, *_OTHERS), []
    else:
        checks, left_out = _OTHERS, [Finding(_LEFT_OUT, is_warning=True)]
    return left_out + list(dict.fromkeys(finding for check in checks for finding in check(facts)))

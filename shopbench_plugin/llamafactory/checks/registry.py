"""All checks, and running them together."""

from collections.abc import Iterable
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory.checks import (
    datasets,
    deepspeed,
    environment,
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

CHECKS: tuple[Check, ...] = (
    *keys.CHECKS,
    *chat_templates.CHECKS,
    *datasets.CHECKS,
    *lengths.CHECKS,
    *training.CHECKS,
    *rules.CHECKS,
    *deepspeed.CHECKS,
    *resumption.CHECKS,
    *models.CHECKS,
    *places.CHECKS,
    *quantizing.CHECKS,
    *environment.CHECKS,
)

_BY_ITS_SOURCE: tuple[Check, ...] = (
    keys.find_wrong_keys,
    keys.find_wrong_choices,
    keys.find_ignored_keys,
    *chat_templates.CHECKS,
    training.find_refused_arguments,
    *rules.CHECKS,
    *environment.CHECKS,
)
"""Checks that need the installed LlamaFactory, or that look for the packages training needs."""


def check_recipe(recipe: Path, overrides: Iterable[str] = ()) -> list[str]:
    """Check a training or export recipe as LlamaFactory will see it, with `key=value` overrides; return warnings.

    Raises:
        ShopBenchError: lists everything that is wrong, in one line.
    """
    settings = read_settings(recipe, overrides)
    try:
        findings = find_all(gather_facts(Recipe(recipe, settings)))
    except OSError as error:  # a name that is too long, a folder that can't be entered
        raise ShopBenchError(f"{recipe}: {error.filename}: {error.strerror}; fix the path") from error
    problems = [finding.text for finding in findings if not finding.is_warning]
    if problems:
        raise ShopBenchError(f"{recipe}: {'; '.join(problems)}")
    return [finding.text for finding in findings]


def find_all(facts: Facts) -> list[Finding]:
    """Return every check's findings, each once; if LlamaFactory is missing, only of the checks that don't need it."""
    checks, left_out = CHECKS, []
    if facts.machine.find_version("llamafactory") is None:
        checks = tuple(check for check in CHECKS if check not in _BY_ITS_SOURCE)
        left_out.append(
            Finding(
                "LlamaFactory is not installed here: key names and types, templates, conflicting settings and "
                "packages were not checked; check again on a machine where it is installed",
                is_warning=True,
            )
        )
    return left_out + list(dict.fromkeys(finding for check in checks for finding in check(facts)))

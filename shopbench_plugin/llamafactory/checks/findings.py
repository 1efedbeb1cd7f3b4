"""What a check returns."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from shopbench_plugin.llamafactory.checks.facts import Facts


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake in one phrase: the key or file, what is wrong, what to do; a warning doesn't fail the check."""

    text: str
    is_warning: bool = False


Check = Callable[[Facts], Iterator[Finding]]
"""A pure function from a recipe's facts to what is wrong with them."""


def find_unmet(keys: str, requirement: str, facts: Facts) -> Iterator[Finding]:
    """Yield that the package which keys require, such as "gptqmodel>=2.0.0", is missing or of another version."""
    if flaw := facts.machine.find_flaw(requirement):
        yield Finding(f"{keys}: requires the package {requirement}, {flaw}; install it with pip or remove the key")


def suggest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return the remedy for an unknown name: the closest known one, or `otherwise`, by default all of them."""
    choices = list(known)
    close = get_close_matches(name, choices, n=1)
    return f"did you mean '{close[0]}'?" if close else otherwise or f"use one of {', '.join(choices)}"

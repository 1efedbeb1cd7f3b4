"""What a check returns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shopbench_plugin.llamafactory.checks.facts import Facts


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake in one phrase: the key or file, what is wrong, what to do; a warning doesn't fail the check."""

    text: str
    is_warning: bool = False


Check = Callable[[Facts], Iterator[Finding]]
"""A pure function from a recipe's facts to what is wrong with them."""

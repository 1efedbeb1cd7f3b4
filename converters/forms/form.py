"""What a form of training rows has to tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from converters.ecinstruct.swaps import Rewriting
from shopbench_plugin.ecinstruct.rows import Example, Row

Record = Mapping[str, Any]
Rewrite = Callable[[Row, Mapping[str, Rewriting], int], Example]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of training rows.

    Attributes:
        name: what messages call it.
        matches: whether a record is in this form, told by its keys; each record is in one form at most.
        read: returns the record as a row, or raises a RowError that says what is wrong with it.
        rewrite: returns a row as the challenge would ask it, or raises a RowError. Its arguments are the row, the
            swaps by task name, and a random integer that is the same for the same row and seed.
        restate: returns the row as its source states it, to be written beside the rewritten one; None where a row has
            only one statement.
    """

    name: str
    matches: Callable[[Record], bool]
    read: Callable[[Record], Row]
    rewrite: Rewrite
    restate: Callable[[Row], Example] | None = None

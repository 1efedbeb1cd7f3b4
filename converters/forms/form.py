"""What defines a form of training rows."""

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
        name: its name in messages.
        matches: returns whether a record's keys are those of this form; a record must match at most one form.
        read: returns the record as a row, or raises a RowError that says what is wrong with it.
        rewrite: returns a row as the challenge would ask it, or raises a RowError. Its arguments are the row, the
            swaps by task name, and a random integer that is the same for the same row and seed.
        restate: returns the row as its source words it, to be written in addition to the rewritten one; None if
            rewriting changes nothing.
    """

    name: str
    matches: Callable[[Record], bool]
    read: Callable[[Record], Row]
    rewrite: Rewrite
    restate: Callable[[Row], Example] | None = None

"""What holds of every reader: any content gives a result, or the one exception that a user sees, on one line."""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from shopbench_plugin.core.errors import ShopBenchError

T = TypeVar("T")

LONGEST_MESSAGE = 10_000


class BrokenRuleError(AssertionError):
    """An input for which a promise of the project doesn't hold."""


def expect(condition: object, what: str, *shown: object) -> None:
    """Raise a BrokenRuleError that says `what` and shows some values where `condition` doesn't hold."""
    if not condition:
        raise BrokenRuleError(", ".join([what, *map(repr, shown)]))


def expect_one_line(error: Exception) -> None:
    """Check the message of an error that a user sees."""
    message = str(error)
    expect(message.strip(), "an error says nothing")
    expect(len(message.splitlines()) == 1, "an error has several lines", message[:500])
    expect(len(message) <= LONGEST_MESSAGE, "an error is longer than anybody reads", message[:500])


def read_content(read: Callable[[Path], T], content: bytes, name: str) -> T | None:
    """Return what `read` makes of a file with that content; None where it raises a ShopBenchError of one line."""
    path = _scratch_folder() / name
    path.write_bytes(content)
    try:
        return read(path)
    except ShopBenchError as error:
        expect_one_line(error)
        return None


def split_fields(content: bytes, names: Sequence[str]) -> Iterator[tuple[str, object]]:
    """Yield the fields that zero bytes part, each as the JSON that it is or else as text; empty ones are left out."""
    for name, value in zip(names, content.decode("utf-8", "replace").split("\0"), strict=False):
        if value:
            try:
                yield name, json.loads(value)
            except (ValueError, RecursionError):
                yield name, value


@cache
def _scratch_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="shopbench-fuzz-"))

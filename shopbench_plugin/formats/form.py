"""The record of a public question format, and the list of formats."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath

from shopbench_plugin.core.registry import Registry
from shopbench_plugin.formats.files import Row


@dataclass(frozen=True, slots=True)
class Choice:
    """The files of a folder with the questions, and what is missing among them, one sentence each."""

    paths: Sequence[PurePath]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionFormat:
    """A format in which questions are published; the bytes (JSON, CSV, Parquet, gzip, zip) are read elsewhere.

    Attributes:
        matches: returns whether a file has this format, from its path and its first row.
        restate: returns a row in the format of the competition's development set (formats/competition.py); raises a
            ShopBenchError, without the place, if it can't. `route_as` is the type if the file states it.
        has_own_reader: `shopbench convert` reads such rows with its own, more detailed form.
        choose_files: returns which files of a folder or archive to read; None for all.
    """

    matches: Callable[[PurePath, Row], bool]
    restate: Callable[[PurePath, Row], Row]
    has_own_reader: bool = False
    choose_files: Callable[[Sequence[PurePath]], Choice] | None = None


FORMATS = Registry(
    kind="question format",
    group="shopbench.formats",
    own={
        "shopping-mmlu-skills": "shopbench_plugin.formats.shopping_mmlu_skills:FORMAT",
        "shopping-mmlu-tasks": "shopbench_plugin.formats.shopping_mmlu_tasks:FORMAT",
        "ecinstruct": "shopbench_plugin.formats.ecinstruct:FORMAT",
        "alpaca": "shopbench_plugin.formats.alpaca:FORMAT",
        "competition": "shopbench_plugin.formats.competition:FORMAT",
    },
)


@cache
def load_formats() -> dict[str, QuestionFormat]:
    """Return all formats by name: those of other packages first, the competition's last, since it matches any row.

    Raises:
        ShopBenchError: another package's format can't be loaded.
    """
    others = [name for name in FORMATS.list_names() if name not in FORMATS.own]
    return {name: FORMATS.find(name) for name in (*others, *FORMATS.own)}


def find_format(path: PurePath, row: Row) -> QuestionFormat:
    """Return the first format that matches a file with this path and first row."""
    formats = load_formats()
    return next((one for one in formats.values() if one.matches(path, row)), formats["competition"])

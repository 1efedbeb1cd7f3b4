"""What travels through a conversion: a task, a row of it, and the example that a model is trained on."""

from dataclasses import dataclass
from typing import NamedTuple

from shopbench_plugin.core.errors import shorten
from shopbench_plugin.core.vocabulary import TaskType

SPLITS = ("train", "val", "test")

_SPLIT_SPELLINGS = {"valid": "val", "validation": "val", "dev": "val"}


class RowError(ValueError):
    """Why one row can't be converted; it becomes a reject, the others go on."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a source data set.

    `task_type` is None for yes/no tasks, which ShopBench does not have.
    """

    name: str
    task_type: TaskType | None

    @property
    def is_binary(self) -> bool:
        """Whether it is answered with yes or no, and so dropped as the paper does."""
        return self.task_type is None


class Row(NamedTuple):
    """A row of a source, whatever file form it came from: all text, `options` empty where the task has none."""

    task: Task
    split: str
    setting: str
    instruction: str
    input: str
    options: str
    output: str


class Example(NamedTuple):
    """One line of the converted set, in LlamaFactory's alpaca columns.

    LlamaFactory joins `instruction` and `input` with a newline where both hold text; the joined text is the question.
    """

    instruction: str
    input: str
    output: str


def parse_split(name: object) -> str:
    """Return "train", "val" or "test" for any usual spelling; a row that tells none is a training row.

    Raises:
        RowError: the name is none of them.
    """
    split = "train" if name is None else str(name).strip().lower()
    split = _SPLIT_SPELLINGS.get(split, split)
    if split not in SPLITS:
        raise RowError(f"unknown split {shorten(name)}; use one of {', '.join(SPLITS)}")
    return split


def cut_question(question: str, output: str) -> Example:
    """Put a whole question into the alpaca columns so that LlamaFactory's join gives it back unchanged.

    The cut is the first newline with text on both sides of it, since an empty column is left out of the join.
    """
    cut = question.find("\n", 1)
    if cut == -1 or cut == len(question) - 1:
        return Example(question, "", output)
    return Example(question[:cut], question[cut + 1 :], output)


def join_question(example: Example) -> str:
    """Return the user's turn as LlamaFactory's alpaca reader makes it from the columns."""
    return "\n".join(part for part in (example.instruction, example.input) if part)

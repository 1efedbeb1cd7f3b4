"""The data of a conversion: a task, a row of it, and the example that a model is trained on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shopbench_plugin.core.errors import shorten
from shopbench_plugin.core.vocabulary import TaskType

SPLITS = ("train", "val", "test")

_SPLIT_SPELLINGS = {"valid": "val", "validation": "val", "dev": "val"}


class RowError(ValueError):
    """Why a row can't be converted; it becomes a reject, and the conversion continues."""


class Layout(StrEnum):
    """How a row states its question and answer, which decides how it is rewritten in the challenge's form."""

    TEXT = "text in, text out"
    OPTION = "lettered options, one of them is the answer"
    LIST = "lettered items in a list of the input, their letters in order are the answer"
    VALUES = "a JSON list of attributes with their values is the answer"


class Measure(StrEnum):
    """Which of eCeLLM's metrics score a task."""

    CLASSES = "accuracy and macro F1 over the first letter"
    YES_NO = "accuracy and F1 of yes"
    RECALL = "recall@1 of one of twenty letters"
    NDCG = "NDCG of a ranking"
    ATTRIBUTES = "F1 over attribute, value and source"
    NONE = "not scored"


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a source dataset.

    Attributes:
        name: its name.
        task_type: the challenge's type for it; None for yes/no tasks, which ShopBench does not have.
        layout: how its rows are rewritten.
        measure: how its answers are scored.
        other_spellings: other names in files and in the authors' scripts.
    """

    name: str
    task_type: TaskType | None
    layout: Layout = Layout.TEXT
    measure: Measure = Measure.NONE
    other_spellings: tuple[str, ...] = ()

    @property
    def is_binary(self) -> bool:
        """Whether it is answered with yes or no, and therefore dropped as in the paper."""
        return self.task_type is None


class Row(NamedTuple):
    """A row of a source, regardless of file format: all fields are text, `options` is empty if the task has none."""

    task: Task
    split: str
    setting: str
    instruction: str
    input: str
    options: str
    output: str


class Example(NamedTuple):
    """One line of the converted dataset, in LlamaFactory's alpaca columns.

    LlamaFactory joins `instruction` and `input` with a newline if neither is empty; the joined text is the question.
    """

    instruction: str
    input: str
    output: str


ALPACA_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}
"""LlamaFactory's names of the columns, as dataset_info.json maps them to an example's; these are its defaults."""


def parse_split(name: object) -> str:
    """Return "train", "val" or "test" for any usual spelling; a row without a split is a training row.

    Raises:
        RowError: the name is not a known split.
    """
    split = "train" if name is None else str(name).strip().lower()
    split = _SPLIT_SPELLINGS.get(split, split)
    if split not in SPLITS:
        raise RowError(f"unknown split {shorten(name)}; use one of {', '.join(SPLITS)}")
    return split


def cut_question(question: str, output: str) -> Example:
    """Split a question into the alpaca columns so that LlamaFactory's join restores it unchanged.

    It is split at the first newline with text on both sides, since the join leaves out an empty column.
    """
    cut = question.find("\n", 1)
    if cut == -1 or cut == len(question) - 1:
        return Example(question, "", output)
    return Example(question[:cut], question[cut + 1 :], output)


def join_question(example: Example) -> str:
    """Return the user's turn as LlamaFactory's alpaca reader builds it from the columns."""
    return "\n".join(part for part in (example.instruction, example.input) if part)

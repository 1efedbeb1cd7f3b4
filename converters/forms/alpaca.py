"""General instructions in alpaca's columns: instruction, input, output, optionally system and history.

They are mixed in to keep general ability, and written unchanged. Only the first turn of a dialogue is used, since
later turns depend on it.
"""

import re
from collections.abc import Mapping
from typing import Any

from converters.ecinstruct.swaps import Rewriting
from converters.forms.form import Form
from shopbench_plugin.core.errors import shorten
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError, Task, cut_question, join_question, parse_split
from shopbench_plugin.ecinstruct.tasks import SETTINGS

_TASK = Task("alpaca", TaskType.GENERATION)
_COLUMNS = ("instruction", "input", "output", "system")
# ECInstruct's answers: letters of options or of a ranking ("B", "B: its text", "C,A,B"), or attributes with sources.
_LETTERS = re.compile(r"([A-T])(?:: .+|(?:, ?[A-T])*)", re.DOTALL)
_ATTRIBUTES = re.compile(r"\[\s*\{\s*[\"']attribute[\"']\s*:")


def is_alpaca(record: Mapping[str, Any]) -> bool:
    """Return whether the record has alpaca's columns and none that only ECInstruct has."""
    return "instruction" in record and "output" in record and record.get("task") is record.get("options") is None


def read_instruction(record: Mapping[str, Any]) -> Row:
    """Return the record as a row: the whole question as `input`, with the system message before it.

    Raises:
        RowError: a column isn't text, question or answer is empty, or it is an ECInstruct row without its task.
    """
    texts = {name: _read_text(record.get(name), name) for name in _COLUMNS}
    if _is_of_ecinstruct(record.get("setting"), texts):
        raise RowError("looks like an ECInstruct row without its task; keep the columns 'task' and 'options'")
    question = join_question(Example(texts["instruction"], texts["input"], ""))
    answer = texts["output"]
    if turns := record.get("history"):
        question, answer = _read_first_turn(turns)
    return make_general_row(_TASK, record, (texts["system"], question), answer)


def make_general_row(task: Task, record: Mapping[str, Any], question: tuple[str, str], answer: str) -> Row:
    """Return a row of general data; `question` is the system message ("" for none) and the user's.

    Raises:
        RowError: question or answer is empty.
    """
    system, asked = question
    if not asked.strip() or not answer.strip():
        raise RowError("has an empty question or answer; fix or remove the row")
    return Row(task, parse_split(record.get("split")), "", "", f"{system}\n\n{asked}" if system else asked, "", answer)


def keep_question(row: Row, _: Mapping[str, Rewriting], __: int) -> Example:
    """Return the row unchanged."""
    return cut_question(row.input, row.output)


def _is_of_ecinstruct(setting: object, texts: Mapping[str, str]) -> bool:
    """Return whether an ECInstruct row lost its columns; a model would be trained on letters without options."""
    if setting in SETTINGS or _ATTRIBUTES.match(texts["output"]):
        return True
    answer = _LETTERS.fullmatch(texts["output"].strip())
    if answer is None:
        return False
    is_listed = re.search(rf"(?<!\w){answer[1]}\s*[:.)]", f"{texts['instruction']}\n{texts['input']}")
    return texts["input"].lstrip().startswith("{") or ("option" in texts["instruction"].lower() and not is_listed)


def _read_first_turn(turns: object) -> tuple[str, str]:
    first = turns[0] if isinstance(turns, list) else None
    if not isinstance(first, list) or len(first) != 2 or not all(isinstance(text, str) for text in first):  # noqa: PLR2004 - question and answer
        raise RowError(f"'history' is {shorten(turns)}; it must be a list of [question, answer]")
    return first[0], first[1]


def _read_text(value: object, name: str) -> str:
    if value is not None and not isinstance(value, str):
        raise RowError(f"'{name}' is {shorten(value)}; it must be text")
    return value or ""


FORM = Form("alpaca", is_alpaca, read_instruction, keep_question)

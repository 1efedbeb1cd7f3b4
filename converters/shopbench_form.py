r"""Questions that are in ShopBench's form already, as EC-Guide's (Apache-2.0, team ZJU-AI4H) and development sets are.

One row (here with a text of this project's own); `is_multiple_choice` may also be the text "True" or "False":

    {"input_field": "Which of these keeps tea warm?\n0. sieve\n1. cosy\nOutput:", "output_field": 1,
     "task_type": "multiple-choice", "task_name": "MCQ/SPA", "metric": "accuracy", "is_multiple_choice": "True"}
"""

import re
from collections.abc import Mapping
from typing import Any

from converters.rows import Example, Row, RowError, Task, cut_question, parse_split, shorten
from shopbench_plugin.demonstrations.answers import write_answer
from shopbench_plugin.errors import ShopBenchError
from shopbench_plugin.tasks import Question, TaskType

_CUE = re.compile(r"\s*(?:Output|Answer)\s*[:：]\s*\Z")


def is_shopbench_form(record: Mapping[str, Any]) -> bool:
    """Whether the record is a question in ShopBench's form."""
    return "input_field" in record


def read_question(record: Mapping[str, Any]) -> Row:
    """Return the record as a row: the question as `input`, the answer that a model should write as `output`.

    Raises:
        RowError: a field is missing, the type is unknown, or the answer doesn't fit the type.
    """
    question = record.get("input_field")
    if not isinstance(question, str) or not question.strip():
        raise RowError("'input_field' is no text")
    task_type = _read_task_type(record.get("task_type"))
    task = Task(str(record.get("task_name") or task_type), task_type)
    answer = _read_answer(question, task, record.get("output_field"))
    return Row(task, parse_split(record.get("split")), "", "", question, "", answer)


def end_with_cue(row: Row) -> Example:
    """Return the row with its cue spelled as the challenge spells it ("Output: ", "Answer: "), added where none is."""
    question, cues = _CUE.subn(lambda found: found[0].rstrip().replace("：", ":") + " ", row.input)
    if not cues:
        cue = "Answer" if row.task.task_type is TaskType.MULTIPLE_CHOICE else "Output"
        question = f"{row.input.rstrip()}\n{cue}: "
    return cut_question(question, row.output)


def _read_answer(question: str, task: Task, reference: Any) -> str:
    if not _has_form(reference, task.task_type):
        raise RowError(f"'output_field' {shorten(reference)} is no answer of type {task.task_type}")
    try:
        answer = write_answer(
            Question(input_field=question, output_field=reference, task_name=task.name, task_type=task.task_type)
        )
    except ShopBenchError as error:
        raise RowError(str(error)) from error
    if not answer:
        raise RowError("'output_field' is empty")
    return answer


def _has_form(reference: object, task_type: TaskType | None) -> bool:
    match task_type:
        case TaskType.MULTIPLE_CHOICE:
            return isinstance(reference, int | str) and not isinstance(reference, bool)
        case TaskType.RANKING | TaskType.RETRIEVAL:
            return isinstance(reference, list) and all(isinstance(item, int | float) for item in reference)
        case TaskType.NAMED_ENTITY_RECOGNITION:
            return isinstance(reference, list) and all(isinstance(item, str) for item in reference)
        case _:
            texts = reference if isinstance(reference, list) else [reference]
            return bool(texts) and all(isinstance(text, str) for text in texts)


def _read_task_type(name: object) -> TaskType:
    try:
        return TaskType(str(name))
    except ValueError:
        raise RowError(f"unknown task_type {shorten(name)}") from None

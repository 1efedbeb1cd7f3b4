r"""Questions already in ShopBench's form, such as EC-Guide's (Apache-2.0, team ZJU-AI4H) and development sets.

One row (the text here is made up); `is_multiple_choice` may also be the text "True" or "False":

    {"input_field": "Which of these keeps tea warm?\n0. sieve\n1. cosy\nOutput:", "output_field": 1,
     "task_type": "multiple-choice", "task_name": "MCQ/SPA", "metric": "accuracy", "is_multiple_choice": "True"}
"""

import re
from collections.abc import Mapping
from typing import Any

from converters.ecinstruct.swaps import Rewriting
from converters.forms.form import Form
from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError, Task, cut_question, parse_split
from shopbench_plugin.formats.questions import find_reference_problem

_CUE = re.compile(r"(?:Output|Answer)\s*[:：]\Z")
_LONGEST_CUE = 20  # in characters, including spaces before the colon


def is_shopbench_form(record: Mapping[str, Any]) -> bool:
    """Return whether the record is a question in ShopBench's form."""
    return "input_field" in record


def read_question(record: Mapping[str, Any]) -> Row:
    """Return the record as a row: the question as `input`, the answer that a model should write as `output`.

    Raises:
        RowError: a field is missing, the type is unknown, or the answer doesn't fit the type.
    """
    question = record.get("input_field")
    if not isinstance(question, str) or not question.strip():
        raise RowError("'input_field' is empty or not text; fix or remove the row")
    task_type = _read_task_type(record.get("task_type"))
    task = Task(str(record.get("task_name") or task_type), task_type)
    answer = _read_answer(question, task, record.get("output_field"))
    return Row(task, parse_split(record.get("split")), "", "", question, "", answer)


def rewrite_question(row: Row, _: Mapping[str, Rewriting], __: int) -> Example:
    """Return the row with its cue spelled as in the challenge ("Output: ", "Answer: "), added if missing."""
    question = row.input.rstrip()
    # Search only the end: there may be many spaces before a cue, and the search would start again at each.
    if _CUE.search(question, max(0, len(question) - _LONGEST_CUE)):
        question = f"{question[:-1]}: "
    else:
        cue = "Answer" if row.task.task_type is TaskType.MULTIPLE_CHOICE else "Output"
        question = f"{question}\n{cue}: "
    return cut_question(question, row.output)


def _read_answer(question: str, task: Task, reference: Any) -> str:
    read = Question(input_field=question, output_field=reference, task_name=task.name, task_type=task.task_type)
    problem = find_reference_problem(read)
    if problem is not None:
        raise RowError(problem)
    from shopbench_plugin.demonstrations.answers import write_answer  # slow: compiles routing's many expressions

    try:
        answer = write_answer(read)
    except ShopBenchError as error:
        raise RowError(str(error)) from error
    if not answer:
        raise RowError("'output_field' is empty; fix or remove the row")
    _check_labels(read, answer)
    return answer


def _check_labels(question: Question, answer: str) -> None:
    """Reject an answer that names what the question doesn't list; a question without a list can't be checked.

    An answer on the scale that the instruction states is valid, even if a list in a review looks like options.
    """
    if question.task_type not in (TaskType.MULTIPLE_CHOICE, TaskType.RETRIEVAL):
        return
    from shopbench_plugin.routing import route_question
    from shopbench_plugin.routing.scales import find_scale

    routed = route_question(question, question.task_type)
    is_choice = question.task_type is TaskType.MULTIPLE_CHOICE
    answers = [answer] if is_choice else answer.split(",")
    scale = find_scale(routed.layout.instruction, is_told=True).labels if is_choice else ()
    unlisted = [label for label in answers if label not in (*routed.answer_space.labels, *scale)]
    if routed.is_sure and unlisted:
        raise RowError(f"'output_field' names {shorten(unlisted[0])}, which the question does not list")


def _read_task_type(name: object) -> TaskType:
    try:
        return TaskType(str(name))
    except ValueError:
        raise RowError(f"unknown task_type {shorten(name)}") from None


FORM = Form("shopbench", is_shopbench_form, read_question, rewrite_question)

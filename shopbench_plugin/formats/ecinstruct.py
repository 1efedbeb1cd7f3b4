r"""ECInstruct's rows as questions in ECInstruct's own form: instruction, input and options, one line each.

    {"instruction": "Judge the sentiment ...", "input": "It leaks.", "options": "[\"A: very positive\", ...]",
     "output": "E: very negative", "task": "Sentiment_Analysis", "split": "test", "setting": "IND_Diverse_Instruction"}

In files named TASK/SETTING/test.json, the path names the task. Letters stay letters, which a model asked for them
answers with and eCeLLM's metrics read; `shopbench evaluate-ecinstruct` scores the answers.
"""

from pathlib import PurePath

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.columns import read_options, read_text, state_input
from shopbench_plugin.ecinstruct.rows import Layout, RowError
from shopbench_plugin.ecinstruct.tasks import find_task, is_task_name
from shopbench_plugin.formats.files import Row
from shopbench_plugin.formats.form import QuestionFormat


def _matches(path: PurePath, row: Row) -> bool:
    return "input_field" not in row and row.keys() >= {"instruction", "input"} and _find_name(path, row) is not None


def _find_name(path: PurePath, row: Row) -> object:
    folders = (part for part in reversed(path.parts) if is_task_name(part))
    return row.get("task") or (next(folders, None) if "options" in row or "output" in row else None)


def _restate(path: PurePath, row: Row) -> Row:
    try:
        task = find_task(_find_name(path, row))
        content = state_input(read_text(row.get("input"), "input"), read_options(row.get("options")))
        question = f"{read_text(row.get('instruction'), 'instruction')}\n{content}"
    except RowError as error:
        raise ShopBenchError(str(error).removesuffix("; fix or remove the row")) from None
    # The challenge's type for attributes with values and sources, and for yes or no, is text.
    is_text = task.task_type is None or task.layout is Layout.VALUES
    told = TaskType.GENERATION if is_text else task.task_type
    return {
        "input_field": question,
        "task_name": task.name,
        "is_multiple_choice": told is TaskType.MULTIPLE_CHOICE,
        "route_as": told,
        "scored_by": "shopbench evaluate-ecinstruct",
    }


FORMAT = QuestionFormat(_matches, _restate, has_own_reader=True)

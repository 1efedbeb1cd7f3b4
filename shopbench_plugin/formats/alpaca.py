r"""Questions from a dataset in LlamaFactory's alpaca columns, such as those that `shopbench convert` writes.

    {"instruction": "Rate the review ...", "input": "Review: ...", "output": "1"}

LlamaFactory joins the columns with a newline. Only a row's wording shows which kind of answer it needs, so
`shopbench evaluate` types a reference by routing (scoring/training_rows.py).
"""

from pathlib import PurePath
from typing import Final

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import Example, join_question
from shopbench_plugin.formats.files import Row
from shopbench_plugin.formats.form import QuestionFormat

TRAINING: Final = "training rows"
"""The task name of all rows in alpaca columns."""


def _matches(_: PurePath, row: Row) -> bool:
    return "instruction" in row and "output" in row and "input_field" not in row


def _restate(_: PurePath, row: Row) -> Row:
    texts = [row.get(name) or "" for name in ("instruction", "input", "output")]
    if not all(isinstance(text, str) for text in texts):
        raise ShopBenchError("'instruction', 'input' and 'output' must be strings")
    return {"input_field": join_question(Example(*texts)), "output_field": texts[2], "task_name": TRAINING}


FORMAT = QuestionFormat(_matches, _restate, has_own_reader=True)

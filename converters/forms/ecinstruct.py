"""ECInstruct rows from any file format: their letters become numbers, or a swap rewords them."""

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

from converters.ecinstruct.reformat import reformat
from converters.ecinstruct.swaps import Rewriting
from converters.forms.form import Form
from shopbench_plugin.ecinstruct.columns import LONGEST_ABSENT, read_options, read_text, state_input
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError, Task, parse_split
from shopbench_plugin.ecinstruct.tasks import find_task


def is_ecinstruct(record: Mapping[str, Any]) -> bool:
    """Return whether the record has ECInstruct's columns, at least `task` or `options`."""
    return record.get("task") is not None or record.get("options") is not None


def read_row(record: Mapping[str, Any]) -> Row:
    """Return the record as a row; keys outside the schema (few-shot examples) are ignored.

    Raises:
        RowError: a field is missing or of the wrong type, or the task or split is unknown.
    """
    get = record.get
    instruction, content, output, options = get("instruction"), get("input"), get("output"), get("options")
    try:
        task, split, setting = _read_place(get("task"), get("split"), get("setting"))
    except TypeError:
        raise RowError("'task', 'split' and 'setting' must be text") from None
    # Nearly all fields are text; calling a function for each would cost as much as the rest of this function.
    if type(instruction) is not str or not instruction or instruction.isspace():
        instruction = read_text(instruction, "instruction")
    if type(content) is not str or not content or content.isspace():
        content = read_text(content, "input")
    if type(output) is not str or not output or output.isspace():
        output = read_text(output, "output")
    if options is None:
        options = ""
    elif type(options) is not str or len(options) <= LONGEST_ABSENT:
        options = read_options(options)
    return Row(task, split, setting, instruction, content, options, output)


@lru_cache(maxsize=4096)
def _read_place(task: Hashable, split: Hashable, setting: Hashable) -> tuple[Task, str, str]:
    return find_task(task), parse_split(split), str(setting or "")


def restate_original(row: Row) -> Example:
    """Return `row` as ECInstruct words it: options after the input, letters and output unchanged."""
    return Example(row.instruction, state_input(row.input, row.options), row.output)


def rewrite_row(row: Row, rewritings: Mapping[str, Rewriting], choice: int) -> Example:
    """Return the row as the challenge would ask it, in the wording of its task's swap if there is one.

    Raises:
        RowError: the row can't be rewritten.
    """
    rewriting = rewritings.get(row.task.name)
    return rewriting.apply(row, choice) if rewriting else reformat(row)


FORM = Form("ecinstruct", is_ecinstruct, read_row, rewrite_row, restate_original)

r"""An ECInstruct row in the challenge's form: numbers instead of letters, the cue at the end, a bare answer.

A row like the one in this package's docstring becomes the question (instruction, newline, input)

    Which relation holds between the two products? Answer from the options.
    {"Product 1:": "Steel kettle, 1.5 l", "Product 2:": "Tea strainer"}
    0. Users who buy product 1 may also buy product 2.
    1. ...
    Answer:

with the output "0". The paper's section 2.2 gives the rules. Titles and reviews keep every character.
"""

from collections.abc import Callable, Iterator
from typing import Any

from converters.ecinstruct.wording import number_wording
from shopbench_plugin.core.errors import shorten
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.labels import NUMBERS, find_answer, parse_options, split_labels
from shopbench_plugin.ecinstruct.literals import parse_list, parse_object, show_characters, write_json
from shopbench_plugin.ecinstruct.rows import Example, Layout, Row, RowError

_CHOICE_CUE = "\nAnswer: "
_CUE = "\nOutput: "
_VALUES_ALONE = "Write only the values, separated by commas."
_NO_VALUE = ("None", "")


def reformat(row: Row) -> Example:
    """Return `row` in the challenge's form, with its own instruction.

    Raises:
        RowError: its options, input or output don't fit its task.
    """
    return _REFORMATTERS[row.task.layout](row)


def _reformat_options(row: Row) -> Example:
    cue = _CHOICE_CUE if row.task.task_type is TaskType.MULTIPLE_CHOICE else _CUE
    options = parse_options(row.options)
    answer = NUMBERS[find_answer(row.output, options)]
    return Example(number_wording(row.instruction), f"{_body(row.input)}\n{options.lines}{cue}", answer)


def _reformat_ranking(row: Row) -> Example:
    fields = parse_object(row.input, "input")
    key = next((key for key, value in fields.items() if isinstance(value, list)), None)
    if key is None:
        raise RowError("the ranking's input contains no product list; fix or remove the row")
    texts = split_labels(fields[key], "product")
    ranked = [letter.strip() for letter in row.output.split(",")]
    if sorted(ranked) != sorted(texts):
        raise RowError(f"the output {shorten(row.output)} does not rank each of the {len(texts)} products once")
    fields[key] = [f"{NUMBERS[letter]}: {text}" for letter, text in texts.items()]
    answer = ",".join([NUMBERS[letter] for letter in ranked])
    return Example(number_wording(row.instruction), f"{write_json(fields)}{_CUE}", answer)


def _reformat_extraction(row: Row) -> Example:
    values = dict.fromkeys(value for item in parse_list(row.output, "output") for value in _read_values(item))
    found = [value for value in values if value not in _NO_VALUE]
    return Example(
        f"{row.instruction.rstrip()} {_VALUES_ALONE}", f"{_body(row.input)}{_CUE}", ", ".join(found) or "None"
    )


def _read_values(item: Any) -> Iterator[str]:
    """Yield the values of an attribute: its text, its number, or those of a list."""
    if not isinstance(item, dict) or "value" not in item:
        raise RowError(f"the output contains an item without a value: {shorten(item)}")
    for value in item["value"] if isinstance(item["value"], list) else [item["value"]]:
        if value is not None and not isinstance(value, str | int | float):
            raise RowError(f"the output's value {shorten(value)} is not text, a number or a list of these")
        yield "None" if value is None else str(value).strip()


def _reformat_free_text(row: Row) -> Example:
    body = row.input.rstrip().removesuffix("Output:").rstrip()
    return Example(row.instruction, f"{_body(body)}{_CUE}", row.output)


def _body(text: str) -> str:
    r"""Return `text` unchanged, except that a JSON object's \u escapes become the characters that customers type."""
    if not text.startswith("{") or "\\" not in text or "\\u" not in text:  # "\\" alone is found 10x faster
        return text
    return show_characters(text)


_REFORMATTERS: dict[Layout, Callable[[Row], Example]] = {
    Layout.TEXT: _reformat_free_text,
    Layout.OPTION: _reformat_options,
    Layout.LIST: _reformat_ranking,
    Layout.VALUES: _reformat_extraction,
}

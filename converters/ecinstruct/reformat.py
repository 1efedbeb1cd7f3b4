r"""An ECInstruct row in the form of the challenge: numbers for letters, the cue at the end, a bare answer.

A row like the one in this package's docstring becomes the question (instruction, newline, input)

    Which relation holds between the two products? Answer from the options.
    {"Product 1:": "Steel kettle, 1.5 l", "Product 2:": "Tea strainer"}
    0. Users who buy product 1 may also buy product 2.
    1. ...
    Answer:

with the output "0". The paper's section 2.2 gives the rules. Titles and reviews keep every character.
"""

from collections.abc import Callable
from typing import Any

from converters.ecinstruct.wording import number_wording
from shopbench_plugin.core.errors import shorten
from shopbench_plugin.ecinstruct import tasks
from shopbench_plugin.ecinstruct.labels import find_answer, number_of, parse_options, split_labels
from shopbench_plugin.ecinstruct.literals import parse_list, parse_object, show_characters, write_json
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError

_CHOICE_CUE = "\nAnswer: "
_CUE = "\nOutput: "
_VALUES_ALONE = "Write only the values, separated by commas."
_NO_VALUE = ("None", "")


def reformat(row: Row) -> Example:
    """Return `row` in the form of the challenge, in its own instruction's words.

    Raises:
        RowError: its options, input or output don't fit its task.
    """
    return _REFORMATTERS.get(row.task.name, _reformat_free_text)(row)


def _reformat_choice(row: Row) -> Example:
    return _reformat_options(row, _CHOICE_CUE)


def _reformat_recommendation(row: Row) -> Example:
    return _reformat_options(row, _CUE)


def _reformat_options(row: Row, cue: str) -> Example:
    options = parse_options(row.options)
    answer = number_of(find_answer(row.output, options))
    return Example(number_wording(row.instruction), f"{_body(row.input)}\n{options.lines}{cue}", str(answer))


def _reformat_ranking(row: Row) -> Example:
    fields = parse_object(row.input, "input")
    key = next((key for key, value in fields.items() if isinstance(value, list)), None)
    if key is None:
        raise RowError("the input of a ranking has no product list")
    texts = split_labels(fields[key], "product")
    ranked = [letter.strip() for letter in row.output.split(",")]
    if sorted(ranked) != sorted(texts):
        raise RowError(f"the output {shorten(row.output)} does not rank each of the {len(texts)} products once")
    fields[key] = [f"{number_of(letter)}: {text}" for letter, text in texts.items()]
    answer = ",".join(str(number_of(letter)) for letter in ranked)
    return Example(number_wording(row.instruction), f"{write_json(fields)}{_CUE}", answer)


def _reformat_extraction(row: Row) -> Example:
    values = dict.fromkeys(_read_value(item) for item in parse_list(row.output, "output"))
    found = [value for value in values if value not in _NO_VALUE]
    return Example(
        f"{row.instruction.rstrip()} {_VALUES_ALONE}", f"{_body(row.input)}{_CUE}", ", ".join(found) or "None"
    )


def _read_value(item: Any) -> str:
    if not isinstance(item, dict) or "value" not in item:
        raise RowError(f"the output lists something without a value: {shorten(item)}")
    value = item["value"]
    return "None" if value is None else str(value).strip()


def _reformat_free_text(row: Row) -> Example:
    body = row.input.rstrip().removesuffix("Output:").rstrip()
    return Example(row.instruction, f"{_body(body)}{_CUE}", row.output)


def _body(text: str) -> str:
    r"""Return `text` as it is, but a JSON object with its \u escapes as the characters that a shop's customer types."""
    if not text.startswith("{") or "\\" not in text or "\\u" not in text:  # one character is found ten times as fast
        return text
    return show_characters(text)


_REFORMATTERS: dict[str, Callable[[Row], Example]] = {
    tasks.PRODUCT_RELATION_PREDICTION.name: _reformat_choice,
    tasks.SENTIMENT_ANALYSIS.name: _reformat_choice,
    tasks.MULTICLASS_PRODUCT_CLASSIFICATION.name: _reformat_choice,
    tasks.SEQUENTIAL_RECOMMENDATION.name: _reformat_recommendation,
    tasks.QUERY_PRODUCT_RANK.name: _reformat_ranking,
    tasks.ATTRIBUTE_VALUE_EXTRACTION.name: _reformat_extraction,
}

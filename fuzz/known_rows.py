"""Rows of ECInstruct made of known texts and a known answer: converting finds that answer, and keeps the texts."""

import json
import re
from string import ascii_uppercase
from typing import NamedTuple

from converters.forms.registry import find_form, list_forms
from converters.sources.blocks import parse_record
from fuzz.rules import BrokenRuleError, expect
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import Example, Layout, RowError, Task, join_question
from shopbench_plugin.ecinstruct.tasks import TASKS

_LABEL = re.compile(r"\s*[A-Z](?:[:.)]|\s*\Z)")
_INSTRUCTION = "Read the input, then reply as told."
_VALUES_ALONE = " Write only the values, separated by commas."


class Known(NamedTuple):
    """A row's columns, and the question and the answer that its conversion must give."""

    columns: dict[str, str]
    question: str
    answer: str


class Given(NamedTuple):
    """What a row is made of: a task, texts, and two bytes that choose the spelling and the answer."""

    task: Task
    texts: list[str]
    spelling: int
    choice: int


def check_known_row(content: bytes) -> None:
    """A row of known texts is converted with the right answer and every character of its texts.

    The first byte chooses the task, the second how the row is spelled, the third its answer; zero bytes part the texts.
    """
    task, spelling, choice, *_ = [*content[:3], 0, 0, 0]
    texts = content[3:].decode("utf-8", "replace").split("\0")
    given = Given(TASKS[task % len(TASKS)], texts, spelling, choice)
    known = _make_row(given)
    if known is None:
        return
    example = _convert({"task": given.task.name, "instruction": _INSTRUCTION} | known.columns)
    expect(example.output == known.answer, "another answer than the known one", known, example)
    expect(join_question(example) == known.question, "a text of the row is lost or changed", known, example)


def _convert(record: dict[str, str]) -> Example:
    try:
        read = parse_record(json.dumps(record).encode()) or {}
        form = find_form(read, list_forms())
        return form.rewrite(form.read(read), {}, 0)
    except RowError as error:
        raise BrokenRuleError(f"a right row is rejected, {error}, {record}") from error


def _make_row(given: Given) -> Known | None:
    """Return a row, None where the texts are too few for one."""
    match given.task.layout:
        case Layout.OPTION:
            return _make_choice(given)
        case Layout.LIST:
            return _make_ranking(given)
        case Layout.VALUES:
            return _make_values(given)
        case Layout.TEXT:
            return _make_text(given)


def _make_choice(given: Given) -> Known | None:
    passage, *options = given.texts[: 1 + len(ascii_uppercase)]
    if not options:
        return None
    number = given.choice % len(options)
    text, letter = options[number], ascii_uppercase[number]
    is_text_enough = text.strip() and not _LABEL.match(text) and [*map(str.strip, options)].count(text.strip()) == 1
    outputs = (letter, f"{letter}: {text}", text if is_text_enough else letter)
    columns = {
        "input": f"In: {passage}.",
        "options": _write(_label(options), given.spelling),
        "output": outputs[given.spelling // 4 % len(outputs)],
    }
    cue = "Answer" if given.task.task_type is TaskType.MULTIPLE_CHOICE else "Output"
    lines = "\n".join(f"{place}. {option}" for place, option in enumerate(options))
    return Known(columns, f"{_INSTRUCTION}\n{columns['input']}\n{lines}\n{cue}: ", str(number))


def _make_ranking(given: Given) -> Known | None:
    query, *products = given.texts[: 1 + len(ascii_uppercase)]
    if not products:
        return None
    order = sorted(range(len(products)), key=lambda place: (place * 7 + 1) * (given.choice + 1) % 251)
    content = {"query": query, "product list": _label(products)}
    comma = ", " if given.spelling & 4 else ","
    columns = {
        "input": _write(content, given.spelling),
        "output": comma.join(ascii_uppercase[place] for place in order),
    }
    numbered = content | {"product list": [f"{place}: {product}" for place, product in enumerate(products)]}
    question = f"{_INSTRUCTION}\n{json.dumps(numbered, ensure_ascii=False)}\nOutput: "
    return Known(columns, question, ",".join(map(str, order)))


def _make_values(given: Given) -> Known:
    passage, *values = given.texts
    found = [{"attribute": "size", "value": value, "source": "title"} for value in values]
    columns = {"input": f"In: {passage}.", "output": _write(found, given.spelling)}
    answer = dict.fromkeys(value.strip() for value in values if value.strip() not in ("", "None"))
    return Known(columns, f"{_INSTRUCTION}{_VALUES_ALONE}\n{columns['input']}\nOutput: ", ", ".join(answer) or "None")


def _make_text(given: Given) -> Known:
    columns = {"input": f"In: {given.texts[0]}.", "output": f"Out: {given.texts[-1]}"}
    return Known(columns, f"{_INSTRUCTION}\n{columns['input']}\nOutput: ", columns["output"])


def _label(texts: list[str]) -> list[str]:
    return [f"{letter}: {text}" for letter, text in zip(ascii_uppercase, texts, strict=False)]


def _write(value: object, spelling: int) -> str:
    """Return a list or an object as ECInstruct's files have it: as a Python literal or as JSON."""
    return repr(value) if spelling & 1 else json.dumps(value, ensure_ascii=bool(spelling & 2))

"""Instruction swaps: an ECInstruct task asked in the wording of a development task that means the same.

A swap is an entry of a YAML file (the paper's are in `swaps.yaml` next to this module), so a new one needs no code.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from shopbench_plugin.core.errors import ShopBenchError, shorten, unknown_name
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.core.yaml_files import STRICT, read_yaml
from shopbench_plugin.ecinstruct.labels import find_answer, parse_options
from shopbench_plugin.ecinstruct.literals import parse_object
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError, cut_question
from shopbench_plugin.ecinstruct.tasks import TASKS
from shopbench_plugin.formats.questions import read_development_set

PAPER_SWAPS = Path(__file__).with_name("swaps.yaml")
_OPTIONS = "options"
_WHOLE_INPUT = "input"
_KEY_OF_INPUT = "input."
_TYPES_WITH_OPTIONS = (TaskType.MULTIPLE_CHOICE, TaskType.RETRIEVAL)


@dataclass(frozen=True, slots=True)
class Swap:
    """One entry of a swaps file.

    Attributes:
        task: the ECInstruct task to reword; it must have options.
        development_task: the `task_name` whose wording it uses; "" if it has only its own wording.
        cut: a regular expression that matches a whole development question. The matches of its named groups are
            replaced by the row's text, the rest is kept as wording. The group `options` matches the option lines.
        wording: the questions used without a development set, with {name} as the placeholder of a text.
        fields: the source of each placeholder's text: `input`, or `input.KEY` of a JSON object.
        answers: label -> regular expressions, one of which matches the ECInstruct option of the same meaning.
        answer: whether the model answers with the label itself or with the number of its option. The order of options
            is drawn for each row.
    """

    __pydantic_config__ = STRICT

    task: str
    wording: list[str]
    fields: dict[str, str]
    answers: dict[str, list[str]]
    answer: Literal["label", "number"]
    development_task: str = ""
    cut: str = ""


@dataclass(frozen=True, slots=True)
class SwapFile:
    """A swaps file."""

    __pydantic_config__ = STRICT

    swaps: list[Swap] = field(default_factory=list)


Template = tuple[tuple[str, str], ...]
"""Pieces of wording, each with the name of the text that follows it ("" after the last)."""


class Rewriting:
    """A swap ready for use, with the templates it draws from."""

    def __init__(self, swap: Swap, templates: tuple[Template, ...]) -> None:
        """Draw from `templates`, at least one."""
        self._swap = swap
        self._templates = templates
        self._meanings = [
            (label, re.compile(pattern, re.IGNORECASE)) for label in swap.answers for pattern in swap.answers[label]
        ]
        # A task's rows repeat the same few options, answers and orders.
        self._translate = lru_cache(maxsize=1024)(self._find_label)
        self._list_options = lru_cache(maxsize=1024)(self._write_options)
        self._orders = math.factorial(len(swap.answers))

    def apply(self, row: Row, draw: int) -> Example:
        """Return `row` in the swap's wording; `draw` is a random integer that picks template and option order.

        Raises:
            RowError: the row's output or input doesn't fit, or the swap has no label for its answer.
        """
        answer = label = self._translate(row.options, row.output)
        texts = _find_texts(row, self._swap.fields)
        draw, template = divmod(draw, len(self._templates))
        if self._swap.answer == "number":
            order, texts[_OPTIONS] = self._list_options(draw % self._orders)
            answer = str(order.index(label))
        question = "".join([wording + texts.get(name, "") for wording, name in self._templates[template]])
        return cut_question(question, answer)

    def _write_options(self, draw: int) -> tuple[list[str], str]:
        order = _shuffle([*self._swap.answers], draw)
        return order, "\n".join([f"{number}. {option}" for number, option in enumerate(order)])

    def _find_label(self, options: str, output: str) -> str:
        parsed = parse_options(options)
        text = parsed.texts[find_answer(output, parsed)].strip()
        for label, meaning in self._meanings:
            if meaning.search(text):
                return label
        raise RowError(f"the option {shorten(text)} matches none of the swap's answers {', '.join(self._swap.answers)}")


def load_rewritings(path: Path, development_set: Path | None) -> dict[str, Rewriting]:
    """Return task name -> its rewriting, for the swaps of a YAML file, in a development set's wording if given.

    Raises:
        ShopBenchError: one of the files can't be used.
    """
    questions = read_development_set(development_set) if development_set else None
    return prepare_swaps(read_swaps(path), questions, str(development_set))


def read_swaps(path: Path) -> list[Swap]:
    """Read a swaps file.

    Raises:
        ShopBenchError: it can't be read, an entry is invalid, or two are for the same task.
    """
    swaps = read_yaml(path, SwapFile, empty={}).swaps
    for place, swap in enumerate(swaps):
        _check(swap, path)
        if swap.task in {other.task for other in swaps[:place]}:
            raise ShopBenchError(f"{path}: two swaps for {swap.task}; list several wordings in one swap instead")
    return swaps


def prepare_swaps(
    swaps: Iterable[Swap], development_set: Sequence[Question] | None, origin: str = ""
) -> dict[str, Rewriting]:
    """Return task name -> its rewriting, in the development set's wording if there is one.

    Raises:
        ShopBenchError: the development set (`origin` names it) contains no question whose wording a swap can use.
    """
    return {swap.task: Rewriting(swap, _find_templates(swap, development_set, origin)) for swap in swaps}


def _find_templates(swap: Swap, development_set: Sequence[Question] | None, origin: str) -> tuple[Template, ...]:
    if development_set is None or not swap.development_task:
        return tuple(map(_parse_wording, swap.wording))
    cut = re.compile(swap.cut, re.DOTALL)
    questions = [question.input_field for question in development_set if question.task_name == swap.development_task]
    # A group that matches nothing has no place for its text.
    cuts = [found for found in map(cut.fullmatch, questions) if found and None not in found.groupdict().values()]
    if not cuts:
        place = f"its {len(questions)} questions of {swap.development_task}" if questions else swap.development_task
        raise ShopBenchError(
            f"{origin}: the swap for {swap.task} finds no wording in {place}; omit the file to use its own wording"
        )
    return tuple(dict.fromkeys(map(_template_of, cuts)))


def _template_of(found: re.Match[str]) -> Template:
    pieces, start = [], 0
    for name in sorted(found.groupdict(), key=found.start):
        pieces.append((found.string[start : found.start(name)], name))
        start = found.end(name)
    return (*pieces, (found.string[start:], ""))


def _parse_wording(wording: str) -> Template:
    return tuple((text, name or "") for text, name, _, _ in Formatter().parse(wording))


def _shuffle(labels: list[str], draw: int) -> list[str]:
    """Return the permutation of `labels` that the digits of `draw` encode, the same on every machine."""
    order = []
    while labels:
        draw, pick = divmod(draw, len(labels))
        order.append(labels.pop(pick))
    return order


def _find_texts(row: Row, fields: dict[str, str]) -> dict[str, str]:
    content: dict[str, Any] = {}
    texts = {}
    for name, place in fields.items():
        if place == _WHOLE_INPUT:
            texts[name] = row.input
            continue
        content = content or parse_object(row.input, "input")
        key = place.removeprefix(_KEY_OF_INPUT)
        if key not in content:
            raise RowError(f"the input has no '{key}'")
        texts[name] = _read_text(content[key], key)
    return texts


def _read_text(value: object, key: str) -> str:
    if isinstance(value, str):
        return value
    if type(value) is int or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    raise RowError(f"the input's '{key}' is {shorten(value)}; it must be text")


def _check(swap: Swap, path: Path) -> None:
    with_options = [task.name for task in TASKS if task.task_type in _TYPES_WITH_OPTIONS]
    if swap.task not in with_options:
        raise ShopBenchError(f"{path}: {unknown_name('task with options', swap.task, with_options)}")
    if not swap.wording or not swap.answers:
        raise ShopBenchError(f"{path}: swap for {swap.task}: needs at least one wording and one answer")
    known = {*swap.fields, _OPTIONS} - {""}
    all_names = _list_names(swap, path)
    for names in all_names:
        if unknown := names - known:
            raise ShopBenchError(f"{path}: swap for {swap.task}: {unknown_name('text', min(unknown), known)}")
        if (_OPTIONS in names) != (swap.answer == "number"):
            advice = "put {options} into" if swap.answer == "number" else "no options are listed; remove {options} from"
            raise ShopBenchError(f"{path}: swap for {swap.task}: answer: {swap.answer}: {advice} every wording and cut")
    if unused := swap.fields.keys() - set().union(*all_names[: len(swap.wording)]):
        raise ShopBenchError(
            f"{path}: swap for {swap.task}: the text '{min(unused)}' is not in any wording; add {{{min(unused)}}}"
        )
    for name, place in swap.fields.items():
        if place != _WHOLE_INPUT and place.removeprefix(_KEY_OF_INPUT) in ("", place):
            raise ShopBenchError(
                f"{path}: swap for {swap.task}: the text '{name}' is from {shorten(place)}; use input or input.KEY"
            )


def _list_names(swap: Swap, path: Path) -> list[set[str]]:
    """Return the names of the texts in each wording and in `cut`."""
    try:
        # {} has an empty name, which no text has.
        names = [{name for _, name, _, _ in Formatter().parse(text) if name is not None} for text in swap.wording]
        names += [{*re.compile(swap.cut).groupindex}] if swap.cut else []
        for patterns in swap.answers.values():
            [re.compile(pattern) for pattern in patterns]
    except (ValueError, re.error) as error:
        raise ShopBenchError(f"{path}: swap for {swap.task}: {error}; fix the expression or the wording") from error
    return names

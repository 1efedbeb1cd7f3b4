"""Reads question files of every format into `Question`s one by one; errors name the row."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.formats.competition import is_list_of, parse_question
from shopbench_plugin.formats.files import Row, RowFile, find_files, read_rows
from shopbench_plugin.formats.form import Choice, find_format, load_formats

_DEVELOPMENT_FIELDS = ("output_field", "task_name", "task_type", "metric")
_LARGEST_WEIGHT = 64
"""A ranking's gain is 2^weight: graded relevance needs a few levels, and a weight of 1,100 overflows."""
_REFERENCE_WANTED = {
    TaskType.MULTIPLE_CHOICE: "the option's number or letter",
    TaskType.RANKING: f"a list of relevance weights, one for each item, none beyond {_LARGEST_WEIGHT}",
    TaskType.RETRIEVAL: "a list of item numbers",
    TaskType.NAMED_ENTITY_RECOGNITION: "a list of strings",
    TaskType.GENERATION: "a string or a list of strings",
}


Completion = Callable[[Question], Question]


class PlacedRow(NamedTuple):
    """A row in the competition's format with its file and number, or why it can't be read."""

    place: str
    row: Row | ShopBenchError


def iterate_questions(path: Path, problems: list[str] | None = None) -> Iterator[Question]:
    """Yield the questions of a development or test set as they are read, in file order.

    An empty question is read like any other, since it needs an answer too. Unknown fields are ignored, unless their
    name looks like a misspelt one.

    Args:
        path: a file, a folder or a zip archive of files.
        problems: receives a line for each unusable file or row, which is left out; None to raise instead.

    Raises:
        ShopBenchError: the set can't be read, none of its questions can be used, or `problems` is None and a row is
            invalid; the message names the line and the fix.
    """
    is_empty = True
    for question in _parse_rows(path, parse_question, problems):
        if question is not None:
            is_empty = False
            yield question
    if is_empty:
        raise ShopBenchError(f"{path}: contains no question that can be used: {problems[0] if problems else ''}")


def read_questions(path: Path, problems: list[str] | None = None) -> list[Question]:
    """Return the questions of a development or test set; see `iterate_questions`."""
    return list(iterate_questions(path, problems))


def read_development_set(path: Path, complete: Completion = lambda one: one) -> list[Question]:
    """Read the questions of a development set, each with its reference, task, type and metric.

    Args:
        path: a file, a folder or a zip archive of files.
        complete: adds to a question what its row lacks.

    Raises:
        ShopBenchError: as `read_questions`; also if one of these fields is missing or the reference doesn't have the
            form that its task type needs.
    """
    return [question for question in read_reference(path, None, complete) if question is not None]


def read_reference(
    path: Path, problems: list[str] | None, complete: Completion = lambda one: one
) -> list[Question | None]:
    """Read a development set as `read_development_set`, with None for each row that can't be used.

    Predictions may be matched by position, so such rows count. `problems` receives a line for each; None to raise.
    """
    return list(_parse_rows(path, partial(_parse_reference, complete=complete), problems))


def find_reference_problem(question: Question) -> str | None:
    """Return why the reference doesn't have the form that the question's task type needs, None if it has."""
    task_type, reference = question.task_type, question.output_field
    if task_type is None or _fits(reference, task_type):
        return None
    return f"'output_field' of a {task_type} is {shorten(reference)}; it must be {_REFERENCE_WANTED[task_type]}"


def read_shopbench_rows(path: Path, problems: list[str] | None = None) -> Iterator[PlacedRow]:
    """Yield the rows of a question set of any format, converted to the competition's format.

    Args:
        path: a file, a folder or a zip archive of files.
        problems: receives a line for each file that is missing, truncated or empty; None to raise instead.

    Raises:
        ShopBenchError: the set as a whole can't be read, or has no row.
    """
    files = find_files(path)
    is_set = path.is_dir() or len(files) > 1
    if is_set:
        files = _choose(path, files, problems)
    is_empty = True
    for file in files:
        rows = 0
        try:
            for placed in _restate_rows(file):
                rows += 1
                yield placed
        except ShopBenchError as error:
            _note(error, problems)
        else:
            if is_set and not rows:
                _note(ShopBenchError(f"{file.place}: contains no question; remove it or download it again"), problems)
        is_empty = is_empty and not rows
    if is_empty:
        raise ShopBenchError(f"{path}: contains no question; write one JSON object per line")


def _note(problem: ShopBenchError, problems: list[str] | None) -> None:
    """Raise the problem, or add its line to `problems` if there is such a list."""
    if problems is None:
        raise problem
    problems.append(str(problem))


def _choose(path: Path, files: list[RowFile], problems: list[str] | None) -> list[RowFile]:
    by_path: dict[PurePath, RowFile] = {file.path: file for file in files}
    choice = Choice(list(by_path))
    for one in load_formats().values():
        if one.choose_files is not None:
            choice = one.choose_files(choice.paths)
            for problem in choice.problems:
                remedy = "add it, or continue without it: --partial of route, predict or evaluate"
                _note(ShopBenchError(f"{path}: {problem}; {remedy}"), problems)
    return [by_path[chosen] for chosen in choice.paths]


def _restate_rows(file: RowFile) -> Iterator[PlacedRow]:
    rows = read_rows(file)
    start = []
    for number, row in rows:
        start.append((number, row))
        if isinstance(row, dict):
            break
    first = start[-1][1] if start else {}
    chosen = find_format(file.path, {} if isinstance(first, ShopBenchError) else first)
    for number, row in chain(start, rows):
        place = f"{file.place}:{number}"
        if isinstance(row, ShopBenchError):
            yield PlacedRow(place, row)
            continue
        try:
            yield PlacedRow(place, chosen.restate(file.path, row))
        except ShopBenchError as error:
            yield PlacedRow(place, ShopBenchError(f"{place}: {error}; fix or remove the row"))


def _parse_rows(
    path: Path, parse: Callable[[Row, str], Question], problems: list[str] | None
) -> Iterator[Question | None]:
    """Yield the question of each row; for an unusable row, add a line to `problems` and yield None, or raise."""
    for place, row in read_shopbench_rows(path, problems):
        question = None
        try:
            if isinstance(row, ShopBenchError):
                raise row
            question = parse(row, place)
        except ShopBenchError as error:
            _note(error, problems)
        yield question


def _parse_reference(row: Row, place: str, complete: Completion) -> Question:
    if "scored_by" in row:
        raise ShopBenchError(f"{place}: no reference for evaluate; score these rows with: {row['scored_by']}")
    question = complete(parse_question(row, place))
    for name in _DEVELOPMENT_FIELDS:
        if getattr(question, name) is None:
            raise ShopBenchError(f"{place}: no '{name}'; every row of a development set needs it")
    problem = find_reference_problem(question)
    if problem is not None:
        raise ShopBenchError(f"{place}: {problem}")
    return question


def _fits(reference: Any, task_type: TaskType) -> bool:
    match task_type:
        case TaskType.MULTIPLE_CHOICE:
            return isinstance(reference, int | str) and not isinstance(reference, bool) and reference != ""
        case TaskType.RANKING:
            is_list = bool(reference) and is_list_of(reference, int, float)
            return is_list and all(abs(weight) <= _LARGEST_WEIGHT for weight in reference)
        case TaskType.RETRIEVAL:
            return bool(reference) and is_list_of(reference, int)
        case TaskType.NAMED_ENTITY_RECOGNITION:
            return is_list_of(reference, str)
        case TaskType.GENERATION:
            return isinstance(reference, str) or (bool(reference) and is_list_of(reference, str))

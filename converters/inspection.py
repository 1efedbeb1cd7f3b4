"""Rows before and after conversion, for checking a rule by eye."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from converters.blocks import draw_keys
from converters.ecinstruct.swaps import Rewriting
from converters.forms.form import Form
from converters.forms.registry import find_form, list_forms
from converters.sources.blocks import number_rows, parse_record
from converters.sources.opening import read_source
from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError, join_question
from shopbench_plugin.ecinstruct.tasks import find_task


@dataclass(frozen=True, slots=True)
class Inspected:
    """One row before and after conversion.

    Attributes:
        place: file and line.
        row: the row as it was read.
        before: the question as the source asks it.
        after: the row of the converted dataset, or why it can't be converted.
    """

    place: str
    row: Row
    before: str
    after: Example | RowError


def inspect_rows(
    source: str, task: str | None, count: int, rewritings: Mapping[str, Rewriting], seed: int = 0
) -> Iterator[Inspected]:
    """Yield the first `count` rows of `task` (of any task if it is None), converted as `shopbench convert` does.

    Raises:
        ShopBenchError: the source can't be read, or contains no rows of the task.
    """
    wanted = _canonical(task)
    met: set[str] = set()
    rejects: list[str] = []
    shown = 0
    for place, form, row in _read_rows(source, rejects):
        met.add(row.task.name)
        if wanted is None or row.task.name == wanted:
            yield _inspect(place, form, row, rewritings, seed)
            shown += 1
            if shown == count:
                return
    if not met and rejects:
        raise ShopBenchError(f"{source}: none of its rows can be read; the first reject is {rejects[0]}")
    if not shown:
        raise ShopBenchError(f"{source}: {unknown_name('task', task or '', met)}")


def _read_rows(source: str, rejects: list[str]) -> Iterator[tuple[str, Form, Row]]:
    """Yield each row with its place and form; the first that can't be read goes to `rejects` instead."""
    forms = list_forms()
    for place, raw, defaults in number_rows(read_source(source)):
        try:
            record = parse_record(raw, defaults)
            if record is not None:
                form = find_form(record, forms)
                yield place, form, form.read(record)
        except RowError as error:
            if not rejects:
                rejects.append(f"{place}: {error}")


def _canonical(task: str | None) -> str | None:
    try:
        return find_task(task).name if task else None
    except RowError:
        return task  # a task of questions in ShopBench's form


def _inspect(place: str, form: Form, row: Row, rewritings: Mapping[str, Rewriting], seed: int) -> Inspected:
    before = join_question(form.restate(row)) if form.restate else row.input
    try:
        *_, choice = draw_keys(row, seed)
        return Inspected(place, row, before, form.rewrite(row, rewritings, choice))
    except RowError as error:
        return Inspected(place, row, before, error)

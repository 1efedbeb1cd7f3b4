"""`shopbench route`: what every question is taken for, and why."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from shopbench_plugin.core.vocabulary import Routed


def route(
    input: Annotated[Path, typer.Option(help="JSONL file of development or test questions.")],  # noqa: A002
    output: Annotated[Path, typer.Option(help="JSONL file for the decisions, one row a question, in input order.")],
) -> None:
    """Tell the task type and the answers allowed of every question, from its wording alone.

    An output row holds input_field, task_type, rule (what decided), is_sure, labels, texts, count and passage. A row
    with a field route_as keeps the type named there. The table counts, and compares where rows name their task_type.
    """
    from rich.console import Console

    from shopbench_plugin.formats.questions import read_questions
    from shopbench_plugin.routing import route_question
    from shopbench_plugin.storage.files import dump_json_line, write_atomically

    routes = [route_question(question) for question in read_questions(input)]
    with write_atomically(output) as stream:
        stream.writelines(dump_json_line(_to_row(routed)) for routed in routes)
    Console(stderr=True).print(_make_table(routes))


def _to_row(routed: "Routed") -> dict[str, Any]:
    space = routed.answer_space
    return {
        "input_field": routed.question.input_field,
        "task_type": routed.task_type,
        "rule": routed.rule,
        "is_sure": routed.is_sure,
        "labels": space.labels,
        "texts": space.texts,
        "count": space.count,
        "passage": space.passage,
    }


def _make_table(routes: "Sequence[Routed]") -> "Table":
    from rich.table import Column, Table

    table = Table(Column("task type", no_wrap=True), "rule", title="Routes", footer_style="bold", show_footer=True)
    questions, unsure, wrong = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for routed in routes:
        key = (str(routed.task_type), routed.rule)
        questions[key] += 1
        unsure[key] += not routed.is_sure
        wrong[key] += routed.question.task_type not in {None, routed.task_type}
    for name, counts in (("questions", questions), ("unsure", unsure), ("misrouted", wrong)):
        table.add_column(name, justify="right", footer=str(counts.total()))
    for key in sorted(questions):
        table.add_row(*key, str(questions[key]), str(unsure[key]), str(wrong[key]))
    table.columns[0].footer = "all"
    return table

"""`shopbench route`: the task type of every question, and the rule that decided it."""

from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopbench_plugin.cli.tables import print_summary
from shopbench_plugin.core.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shopbench_plugin.core.vocabulary import Question, Routed

    _Counted = tuple[bytes, tuple[str, str], dict[str, int]]

_FEWEST_FOR_PROCESSES = 1_000
_QUESTIONS_AT_A_TIME = 64


def route(
    input: Annotated[Path, typer.Option(help="Questions: a file, folder or zip archive.")],  # noqa: A002
    output: Annotated[Path, typer.Option(help="JSONL file for the decisions, one row per question, in input order.")],
    partial: Annotated[
        bool, typer.Option("--partial", help="Skip questions that can't be read, and list them.")
    ] = False,
) -> None:
    """Determine each question's task type and allowed answers from its wording alone.

    An output row contains input_field, task_type, rule (that decided), is_sure, labels, texts, count and passage. A
    row with a route_as field keeps that type. The table counts the routes, and the errors if rows name their task_type.
    """
    from shopbench_plugin.core.progress import track
    from shopbench_plugin.formats.questions import iterate_questions
    from shopbench_plugin.storage.files import write_atomically
    from shopbench_plugin.storage.paths import check_places

    check_places([input], [output])
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    problems: list[str] | None = [] if partial else None
    with write_atomically(output) as stream:
        routed = _route_all(iterate_questions(input, problems))
        for line, group, numbers in track(routed, doing=f"routing {input}", total=None, unit="questions"):
            counts[group].update(numbers)
            stream.write(line)
    for problem in problems or ():
        typer.echo(f"left out: {problem}", err=True)
    print_summary(_make_table(counts), to_stderr=True)


def _route_all(questions: "Iterator[Question]") -> "Iterator[_Counted]":
    """Yield what `_route_one` returns for each question, in order; many are distributed over processes."""
    first = list(islice(questions, _FEWEST_FOR_PROCESSES))
    yield from map(_route_one, first)
    if len(first) < _FEWEST_FOR_PROCESSES:
        return
    import multiprocessing
    import signal

    # An interrupt reaches every process of the terminal; only this one reports it.
    ignore_interrupts = (signal.SIGINT, signal.SIG_IGN)
    with multiprocessing.Pool(initializer=signal.signal, initargs=ignore_interrupts) as pool:
        yield from pool.imap(_route_one, questions, chunksize=_QUESTIONS_AT_A_TIME)


def _route_one(question: "Question") -> "_Counted":
    """Return a question's output line, its row of the table, and what it adds to the row's numbers."""
    from shopbench_plugin.routing import route_question
    from shopbench_plugin.storage.files import dump_json_line

    routed = route_question(question)
    is_misrouted = question.task_type not in {None, routed.task_type}
    numbers = {"questions": 1, "unsure": int(not routed.is_sure), "misrouted": int(is_misrouted)}
    return dump_json_line(_to_row(routed)), (str(routed.task_type), routed.rule), numbers


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


def _make_table(counts: "Mapping[tuple[str, str], Counter[str]]") -> Table:
    names = ("questions", "unsure", "misrouted")
    rows = [[*group, *(str(counts[group][name]) for name in names)] for group in sorted(counts)]
    totals = [str(sum(numbers[name] for numbers in counts.values())) for name in names]
    return Table("Routes", ["task type", "rule", *names], [*rows, ["all", "", *totals]], [len(rows)])

"""`shopbench evaluate`: the score of a predictions file."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    predictions: Annotated[Path, typer.Option(help="What `shopbench predict` wrote: one JSON row a question.")],
    reference: Annotated[Path, typer.Option(help="The development set with the same questions in the same order.")],
    json: Annotated[Path | None, typer.Option(help="Write the scores there as JSON.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report there: one HTML file, no network needed.")] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Score the questions that match, and say what was left.")
    ] = False,
) -> None:
    """Score predictions as the competition's evaluator does."""
    import orjson
    from rich.console import Console

    from shopbench_plugin.files import write_atomically
    from shopbench_plugin.scoring import evaluate_files, to_json
    from shopbench_plugin.scoring.table import make_table

    evaluation = evaluate_files(predictions, reference, partial=partial)
    if json is not None:
        with write_atomically(json) as stream:
            stream.write(orjson.dumps(to_json(evaluation), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    if report is not None:
        from shopbench_plugin.scoring.report import render_report

        with write_atomically(report) as stream:
            stream.write(render_report(evaluation).encode())
    console = Console()
    console.print(make_table(evaluation))
    for note in evaluation.notes:
        console.print(note, style="yellow", markup=False, highlight=False)

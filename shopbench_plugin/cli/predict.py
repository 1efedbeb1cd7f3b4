"""`shopbench predict`: answer a file of questions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.cli import predictor_options as options


@dataclass(frozen=True, slots=True)
class PredictFlags(options.ModelFlags):
    """The flags of `shopbench predict`."""

    input: Annotated[Path | None, typer.Option(help="JSONL file of development or test questions.")] = None
    output: Annotated[Path | None, typer.Option(help="JSONL file for the predictions, in input order.")] = None
    label_calibration: Annotated[
        str | None,
        typer.Option(
            help="For a model not tuned on the task: subtract each label's mean over the file's questions ('batch') or "
            "over content-free ones ('contextual')."
        ),
    ] = None
    constraints: Annotated[
        bool | None,
        typer.Option("--constraints/--no-constraints", help="Generate valid answers only (the default)."),
    ] = None
    router: Annotated[
        str | None,
        typer.Option(help="If the wording shows no task type: guess ('rules') or ask the model ('model')."),
    ] = None
    seconds_per_question: Annotated[
        float | None,
        typer.Option(
            help="Time budget in seconds; late questions get a valid fallback answer.",
            min=options.SHORTEST_SECONDS,
            callback=options.require_finite,
        ),
    ] = None
    seconds_per_run: Annotated[
        float | None,
        typer.Option(
            help="The same for the whole run, including model loading.",
            min=options.SHORTEST_SECONDS,
            callback=options.require_finite,
        ),
    ] = None
    save_prompts: Annotated[
        bool | None, typer.Option("--save-prompts", help="Include each dialogue in its output row.")
    ] = None
    allow_repeats: Annotated[
        bool | None, typer.Option("--allow-repeats", help="Answer a repeated question each time it occurs.")
    ] = None
    partial: Annotated[
        bool | None, typer.Option("--partial", help="Skip questions that can't be read, and list them.")
    ] = None
    max_unusable: Annotated[
        float | None,
        typer.Option(help="Exit with status 1 if more than this share of the answers is unusable; 0.1 by default."),
    ] = None
    overwrite: Annotated[bool | None, typer.Option("--overwrite", help="Replace the output of another run.")] = None


@options.with_flags
def predict(flags: PredictFlags) -> None:
    """Answer every question in a file with one model.

    Run the same command again to resume an interrupted run; it does nothing if the run is complete.
    """
    from shopbench_plugin.predict import PredictSettings
    from shopbench_plugin.predict.run import list_written, predict_file
    from shopbench_plugin.storage.paths import check_places

    settings = flags.read(PredictSettings)
    check_places([flags.config], list_written(settings.output))
    summary = predict_file(settings)
    if not summary.asked:
        typer.echo(f"{settings.output}: complete, all {summary.questions} questions are already answered")
    else:
        typer.echo(f"{settings.output}: {summary.describe()}")
    summary.check_usable(settings.max_unusable)

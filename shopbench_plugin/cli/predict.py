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
            help="Take off each label's mean over questions without content ('contextual') or the file's ('batch')."
        ),
    ] = None
    constraints: Annotated[
        bool | None,
        typer.Option("--constraints/--no-constraints", help="Generate valid answers only (the default)."),
    ] = None
    router: Annotated[
        str | None,
        typer.Option(help="Where the wording tells no task type: guess ('rules'), or ask the model ('model')."),
    ] = None
    seconds_per_question: Annotated[
        float | None,
        typer.Option(
            help="Time budget; late questions get a valid fallback answer.",
            min=options.SHORTEST_SECONDS,
            callback=options.require_finite,
        ),
    ] = None
    seconds_per_run: Annotated[
        float | None,
        typer.Option(
            help="The same for the whole run, the model's loading included.",
            min=options.SHORTEST_SECONDS,
            callback=options.require_finite,
        ),
    ] = None
    save_prompts: Annotated[
        bool | None, typer.Option("--save-prompts", help="Write each dialogue into its output row.")
    ] = None
    allow_repeats: Annotated[
        bool | None, typer.Option("--allow-repeats", help="Answer a question as often as it stands in the input.")
    ] = None
    partial: Annotated[
        bool | None, typer.Option("--partial", help="Leave out questions that can't be read, and say which.")
    ] = None
    max_unusable: Annotated[
        float | None,
        typer.Option(help="End with status 1 where the model had no part in more than this share of the answers; 0.1."),
    ] = None
    overwrite: Annotated[bool | None, typer.Option("--overwrite", help="Replace an output of another run.")] = None


@options.with_flags
def predict(flags: PredictFlags) -> None:
    """Answer every question of a file with one model.

    The same command continues a run that was killed, and does nothing where the run is complete.
    """
    from shopbench_plugin.predict import PredictSettings
    from shopbench_plugin.predict.run import list_written, predict_file
    from shopbench_plugin.storage.paths import check_places

    settings = flags.read(PredictSettings)
    check_places([flags.config], list_written(settings.output))
    summary = predict_file(settings)
    if not summary.asked:
        typer.echo(f"{settings.output}: complete, all {summary.questions} questions were answered before")
    else:
        typer.echo(f"{settings.output}: {summary.describe()}")
    summary.check_usable(settings.max_unusable)

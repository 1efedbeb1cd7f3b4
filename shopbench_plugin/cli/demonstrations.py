"""`shopbench demonstrations`: show what a preset chooses, and select with a model."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopbench_plugin.cli import predictor_options as options
from shopbench_plugin.cli.listings import ListingCommand
from shopbench_plugin.cli.tables import print_summary
from shopbench_plugin.core.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shopbench_plugin.demonstrations.selection import Trial

_KEPT = "\n\t\u00a0\u3000"  # no-break and full-width spaces are shown unescaped

app = typer.Typer(help="Few-shot demonstrations: show what a preset chooses, or select them with a model.")


@app.command("show", cls=ListingCommand)
def show(
    development_set: Annotated[Path, typer.Option(help="JSONL file that demonstrations are taken from.")],
    preset: Annotated[str, typer.Option(help="One of {presets}, or your own YAML file.")] = "fewshot",
) -> None:
    """Print a preset's demonstrations per task type, with the answers in the expected form."""
    from shopbench_plugin.core.errors import make_printable
    from shopbench_plugin.core.vocabulary import TaskType
    from shopbench_plugin.demonstrations.choice import choose_demonstrations
    from shopbench_plugin.demonstrations.preset_files import read_preset
    from shopbench_plugin.formats.questions import read_development_set

    chosen = choose_demonstrations(read_preset(preset), read_development_set(development_set))
    for task_type in TaskType:
        shown = chosen.by_type.get(task_type, ())
        typer.secho(f"{task_type}: {len(shown)}", bold=True)
        for number, one in enumerate(shown, start=1):
            typer.secho(f"\n--- {number}, {make_printable(str(one.question.task_name))}", dim=True)
            typer.echo(make_printable(one.question.input_field.strip(), kept=_KEPT))
            typer.secho(f"=> {make_printable(one.answer, kept=_KEPT)}", bold=True)
        typer.echo()


@app.command("select", cls=ListingCommand)
def select(
    development_set: Annotated[Path, typer.Option(help="JSONL file of candidates, which are also compared on it.")],
    output: Annotated[Path, typer.Option(help="YAML preset to write, with NAME.scores.json next to it.")],
    model: options.Model = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="Preset whose slots are filled: {presets} or a YAML file; by default the recipe's, or fewshot."
        ),
    ] = None,
    most_candidates: Annotated[
        int | None, typer.Option(min=2, help="Try at most this many per slot, chosen at random; all by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of that choice.")] = 0,
    engine: options.Engine = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output of another run.")] = False,
    config: Annotated[
        Path | None, typer.Option(help="Predict recipe with the model and engine settings; flags override it.")
    ] = None,
) -> None:
    """Choose the demonstrations that help most on the other questions of the development set.

    Every candidate is tried on all other questions of its type. Run the same command again to resume an interrupted
    run. Use the result with --preset OUTPUT.
    """
    from shopbench_plugin.core.settings import merge
    from shopbench_plugin.predict import PredictSettings
    from shopbench_plugin.predict.demonstration_selection import SelectionSettings, list_selected, select_with_model
    from shopbench_plugin.predict.settings import read_settings
    from shopbench_plugin.storage.paths import check_places

    files = {"input": development_set, "output": output, "preset": preset, "overwrite": overwrite or None}
    merged = merge(config, os.environ, {"model": model, "engine": engine, **files}, {"preset": "fewshot"})
    settings = replace(read_settings(merged, PredictSettings), development_set=None)
    check_places([config], list_selected(settings.output))
    print_summary(_make_table(select_with_model(SelectionSettings(settings, most_candidates, seed))))
    typer.echo(f"{output}: use it with --preset {output} --development-set {development_set}")


def _make_table(trials: "Sequence[Trial]") -> Table:
    rows = []
    for chosen in (trial for trial in trials if trial.is_chosen):
        rivals = [one for one in trials if (one.task_type, one.place) == (chosen.task_type, chosen.place)]
        name = f"{chosen.candidate.task} no. {chosen.candidate.number}"
        figures = (f"{chosen.mean:.3f}", f"{chosen.gain:+.3f}")
        rows.append([str(chosen.task_type), str(chosen.place), name, str(len(rivals)), *figures])
    return Table("Demonstrations", ["task type", "place", "chosen", "candidates", "mean score", "gain"], rows)

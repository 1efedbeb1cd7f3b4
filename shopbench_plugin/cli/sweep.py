"""`shopbench sweep`: which blend of adapters answers best."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.cli import predictor_options as options


@dataclass(frozen=True, slots=True)
class SweepFlags(options.Flags):
    """The flags of `shopbench sweep` that are settings."""

    config: Annotated[Path, typer.Option(help="YAML recipe with these and other settings; flags override it.")]
    model: Annotated[str | None, typer.Option(help="The adapters' base: folder or Hub ID.")] = None
    input: Annotated[Path | None, typer.Option(help="Development set to answer and score.")] = None
    development_set: options.DevelopmentSet = None
    preset: options.Preset = None
    engine: options.Engine = None
    output_dir: Annotated[Path | None, typer.Option(help="Folder for the blends, predictions, table and plot.")] = None
    overwrite: Annotated[bool | None, typer.Option("--overwrite", help="Answer all questions again.")] = None


@options.with_flags
def sweep(flags: SweepFlags) -> None:
    """Try weights and scales of LoRA adapters on a development set, and choose the best by cross-validation.

    The recipe names `candidates` (NAME: FOLDER of an adapter), and may list `weights` (blends such as {a: 0.7, b: 0.3};
    by default each candidate alone), `scales` (1 is the blend, 0.6 is between it and the base), `methods` (as blend's
    --method), `folds` and `seed`; its other keys are those of a predict recipe. Every blend is saved in
    OUTPUT_DIR/blends, its predictions in OUTPUT_DIR, and the winners overall and per track in OUTPUT_DIR/best.

    Run the same command again to resume an interrupted sweep; complete candidates are not repeated.
    """
    from shopbench_plugin.cli.tables import print_tables
    from shopbench_plugin.storage.paths import check_places
    from shopbench_plugin.sweep.pages import make_winner_table, write_pages
    from shopbench_plugin.sweep.run import list_outputs, run_sweep
    from shopbench_plugin.sweep.settings import PAGE, PLOT, SweepSettings

    settings = flags.read(SweepSettings)
    settings.check()
    check_places([flags.config], list_outputs(settings))
    found = run_sweep(settings, typer.echo)
    write_pages(found)
    print_tables(make_winner_table(found))
    typer.echo(f"Table: {settings.output_dir / PAGE}  Plot: {settings.output_dir / PLOT}")

"""`shopbench ablation`: how much each part of the system contributes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.cli import predictor_options as options
from shopbench_plugin.core.evaluators import EVALUATORS


@dataclass(frozen=True, slots=True)
class AblationFlags(options.Flags):
    """The flags of `shopbench ablation` that are settings."""

    config: Annotated[Path, typer.Option(help="YAML recipe with these and other settings; flags override it.")]
    model: Annotated[str | None, typer.Option(help="The tuned model: folder, Hub ID or name on a server.")] = None
    untuned: Annotated[str | None, typer.Option(help="The same model before fine-tuning.")] = None
    quantized: Annotated[str | None, typer.Option(help="The tuned model after quantization.")] = None
    input: Annotated[Path | None, typer.Option(help="Development set to answer and score.")] = None
    development_set: options.DevelopmentSet = None
    preset: options.Preset = None
    output_dir: Annotated[Path | None, typer.Option(help="Folder for the predictions, table and report.")] = None
    overwrite: Annotated[bool | None, typer.Option("--overwrite", help="Answer all questions again.")] = None


@options.with_flags
def ablation(
    flags: AblationFlags,
    evaluator: Annotated[
        str | None, typer.Option(help=f"Parsers and metrics to use: {', '.join(EVALUATORS.list_names())}.")
    ] = None,
) -> None:
    """Score the full system and variants with one change each, and write a table and a report.

    Run the same command again to resume an interrupted ablation; complete runs are not repeated.
    """
    from dataclasses import replace

    from shopbench_plugin.ablation.pages import write_pages
    from shopbench_plugin.ablation.run import list_outputs, run_ablation
    from shopbench_plugin.ablation.settings import AblationSettings
    from shopbench_plugin.storage.paths import check_places

    settings = flags.read(AblationSettings)
    if evaluator is not None:
        settings = replace(settings, scoring=replace(settings.scoring, evaluator=evaluator))
    settings.check()
    check_places([flags.config], list_outputs(settings))
    table, report = write_pages(run_ablation(settings, typer.echo), settings.output_dir)
    typer.echo(f"Table: {table}  Report: {report}")

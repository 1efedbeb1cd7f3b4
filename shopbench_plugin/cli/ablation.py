"""`shopbench ablation`: what each part of the system is worth."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.cli import predictor_options as options
from shopbench_plugin.core.evaluators import EVALUATORS


@dataclass(frozen=True, slots=True)
class AblationFlags(options.Flags):
    """The flags of `shopbench ablation` that are settings."""

    config: Annotated[Path, typer.Option(help="YAML recipe with these and more settings; flags win over it.")]
    model: Annotated[str | None, typer.Option(help="The tuned model: folder, hub name or name on a server.")] = None
    untuned: Annotated[str | None, typer.Option(help="The same model before tuning.")] = None
    quantized: Annotated[str | None, typer.Option(help="The tuned model after quantizing.")] = None
    input: Annotated[Path | None, typer.Option(help="Development set whose questions are asked and scored.")] = None
    development_set: options.DevelopmentSet = None
    preset: options.Preset = None
    output_dir: Annotated[Path | None, typer.Option(help="Folder for predictions, table and report.")] = None
    overwrite: Annotated[bool | None, typer.Option("--overwrite", help="Ask everything again.")] = None


@options.with_flags
def ablation(
    flags: AblationFlags,
    evaluator: Annotated[
        str | None, typer.Option(help=f"Whose parsers and metrics: {', '.join(EVALUATORS.list_names())}.")
    ] = None,
) -> None:
    """Score the full system and the same with one thing changed, and write the table and a report.

    The same command continues an ablation that was killed, and asks nothing where every run is complete.
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

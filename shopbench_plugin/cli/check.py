"""`shopbench check`: check a recipe before LlamaFactory spends minutes on it."""

from collections.abc import Container, Sequence
from pathlib import Path
from typing import Annotated

import typer


def check(
    recipe: Annotated[
        Path,
        typer.Argument(help="YAML of llamafactory-cli train or export, or of shopbench predict, ablation or sweep."),
    ],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="key=value, as for llamafactory-cli; only for its recipes.")
    ] = None,
    parser: Annotated[
        bool, typer.Option("--parser", help="Also run LlamaFactory's own parser, which imports torch (about 10 s).")
    ] = False,
) -> None:
    """Check a recipe, its dataset, first rows, base model, adapter, packages and disk space; list all problems."""
    from shopbench_plugin.llamafactory.checks.recipe import read_settings
    from shopbench_plugin.llamafactory.checks.registry import check_recipe

    settings = read_settings(recipe, overrides or [])
    if "model_name_or_path" not in settings and "model" in settings:
        _check_prediction(recipe, settings, overrides or [])
    else:
        for warning in check_recipe(recipe, overrides or []):
            typer.echo(f"warning: {recipe}: {warning}", err=True)
        if parser:
            from shopbench_plugin.llamafactory.parser import ask_parser

            ask_parser(recipe, settings)
    typer.echo(f"{recipe}: looks right")


def _check_prediction(recipe: Path, keys: Container[str], overrides: Sequence[str]) -> None:
    """Check a recipe of `shopbench predict`, `shopbench ablation` or `shopbench sweep`."""
    from shopbench_plugin.ablation.settings import AblationSettings
    from shopbench_plugin.cli.predictor_options import read_settings
    from shopbench_plugin.core.errors import ShopBenchError
    from shopbench_plugin.demonstrations.preset_files import read_preset
    from shopbench_plugin.predict.settings import PredictSettings
    from shopbench_plugin.sweep.run import check_models
    from shopbench_plugin.sweep.settings import SweepSettings

    if overrides:
        raise ShopBenchError(f"{recipe}: is a shopbench recipe; pass the command's flags instead of key=value")
    kinds = {"candidates": SweepSettings, "output_dir": AblationSettings}
    kind = next((kind for key, kind in kinds.items() if key in keys), PredictSettings)
    settings: SweepSettings | AblationSettings | PredictSettings = read_settings(kind, recipe)
    read_preset(settings.preset)
    for file in (settings.input, settings.development_set):
        if file is not None and not file.is_file():
            raise ShopBenchError(f"{recipe}: {file}: no such file; fix the path")
    if isinstance(settings, SweepSettings):
        check_models(settings)
    settings.engine.check_model()

"""`shopbench recipes`: list or copy the bundled recipes."""

from pathlib import Path
from typing import Annotated

import typer


def recipes(
    copy: Annotated[
        Path | None,
        typer.Option(help="Folder to copy recipes, DeepSpeed files and sample data to; run them from there."),
    ] = None,
) -> None:
    """List the bundled recipes with their purpose and requirements, or copy them."""
    from shopbench_plugin.llamafactory.bundle import copy_bundle, find_bundle, list_recipes

    bundle = find_bundle()
    if copy is not None:
        typer.echo(f"{copy}: copied {copy_bundle(bundle, copy)} files; run the recipes' commands in this folder")
        return
    for recipe in list_recipes(bundle):
        typer.echo(f"{recipe.path}\n  {recipe.purpose}\n  Needs: {recipe.needs}")

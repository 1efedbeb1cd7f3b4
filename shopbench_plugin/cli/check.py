"""`shopbench check`: a look at a recipe before LlamaFactory spends minutes on it."""

from pathlib import Path
from typing import Annotated

import typer


def check(
    recipe: Annotated[Path, typer.Argument(help="YAML of llamafactory-cli train or export.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, as after llamafactory-cli's YAML.")] = None,
) -> None:
    """Check a recipe's keys, data set, base model, adapter and disk space; what is wrong comes in one line."""
    from shopbench_plugin.llamafactory.recipe_check import check_recipe

    check_recipe(recipe, overrides or [])
    typer.echo(f"{recipe}: looks right")

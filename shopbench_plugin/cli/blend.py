"""`shopbench blend`: adapters merged with weights, or interpolated with their base."""

from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.models.blend import Method


def blend(
    adapter: Annotated[list[Path], typer.Option(help="Folder of a LoRA adapter; repeat it to merge several.")],
    output: Annotated[
        Path, typer.Option(help="Folder for the blended adapter; an existing adapter there is replaced.")
    ],
    weights: Annotated[str, typer.Option(help="One weight per adapter, such as 0.7,0.3.")] = "1",
    method: Annotated[Method, typer.Option(help="How peft merges several adapters.")] = "linear",
    density: Annotated[float, typer.Option(help="Fraction of values that ties, dare and prune keep.")] = 0.5,
    rank: Annotated[int | None, typer.Option(min=1, help="Rank of the result of svd; the largest by default.")] = None,
    scale: Annotated[float, typer.Option(help="1 is the unchanged blend, 0 the base, 0.6 in between.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed for choosing the values that dare drops.")] = 0,
) -> None:
    """Merge LoRA adapters with weights, or interpolate one with its base (--scale).

    The base weights are not loaded. The result is an adapter that llamafactory-cli export can merge and vLLM can serve.
    """
    from shopbench_plugin.models.blend import BlendSettings, blend_adapters, read_weights

    if not 0 < density <= 1:
        raise typer.BadParameter(f"{density} is outside (0, 1]", param_hint="--density")
    settings = BlendSettings(
        adapters=tuple(adapter),
        weights=tuple(read_weights(weights)),
        method=method,
        density=density,
        rank=rank,
        scale=scale,
        seed=seed,
    )
    blend_adapters(settings, output)
    typer.echo(f"{output}: blended {len(adapter)} adapter{'s'[: len(adapter) > 1]} ({method}, scale {scale:g})")

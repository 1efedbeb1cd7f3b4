"""`shopbench plan`: which GPUs a model fits on."""

from typing import Annotated

import typer

from shopbench_plugin.planning.memory import Quantization


def plan(
    model: Annotated[str, typer.Option(help="A model folder, or a name such as Qwen2-72B, Qwen2.5-7B, Qwen3-8B.")],
    gpus: Annotated[str, typer.Option(help="GPUs as COUNTxGB or COUNTxNAME: 4x16, 4xT4, 8xA100.")],
    quant: Annotated[Quantization, typer.Option(help="How the weights are stored.")] = Quantization.NONE,
    context: Annotated[int, typer.Option(min=1, help="Longest dialogue in tokens, including the answer.")] = 2048,
    rows: Annotated[int | None, typer.Option(min=1, help="Also estimate the time to train on this many rows.")] = None,
    questions: Annotated[
        int | None, typer.Option(min=1, help="Also estimate the time to answer this many questions.")
    ] = None,
) -> None:
    """Estimate from config.json which GPUs a model fits on, for serving and training, and with which settings."""
    from shopbench_plugin.planning.cards import parse_cards
    from shopbench_plugin.planning.description import describe_durations, describe_plan
    from shopbench_plugin.planning.plan import make_plan
    from shopbench_plugin.planning.shapes import find_shape

    made = make_plan(find_shape(model), parse_cards(gpus), quant, context)
    for line in describe_plan(made):
        typer.echo(line)
    if rows is not None or questions is not None:
        for line in describe_durations(made, rows, questions):
            typer.echo(line)

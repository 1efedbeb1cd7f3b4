"""`shopbench tiny-model`: the model for the demo and the tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.storage.files import read_json_lines


def create(
    text: Annotated[
        list[Path], typer.Option(help="JSONL file whose texts the tokenizer is trained on; repeat for several.")
    ],
    output: Annotated[Path, typer.Option(help="Folder for the model; only a tiny model there is replaced.")],
    hidden_size: Annotated[int, typer.Option(min=128, help="Hidden size of the model; a multiple of 128.")] = 128,
    intermediate_size: Annotated[int, typer.Option(min=1, help="Intermediate size of the MLP.")] = 384,
    layers: Annotated[int, typer.Option(min=1, help="Number of decoder layers.")] = 2,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the random weights.")] = 0,
) -> None:
    """Write a tiny Qwen2 with random weights and a tokenizer trained on your texts, to try the pipeline on a CPU."""
    from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model
    from shopbench_plugin.storage.paths import check_places

    check_places(text, [output])
    settings = TinyModelSettings(
        hidden_size=hidden_size, intermediate_size=intermediate_size, layers=layers, heads=hidden_size // 32, seed=seed
    )
    create_tiny_model(_iterate_texts(text), output, settings)
    typer.echo(f"wrote a random Qwen2 ({layers} layers, width {hidden_size}) to {output}")


def _iterate_texts(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        for _, row in read_json_lines(path):
            yield from (value for value in row.values() if isinstance(value, str))

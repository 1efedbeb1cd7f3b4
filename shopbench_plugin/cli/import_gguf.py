"""`shopbench import-gguf`: convert a GGUF file to a model folder that can be trained and served."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def import_gguf(
    file: Annotated[Path, typer.Option(help="GGUF file of a model that transformers can convert.")],
    output: Annotated[Path, typer.Option(help="Folder for the model; an existing model there is replaced.")],
    dtype: Annotated[
        Literal["float32", "bfloat16"], typer.Option(help="Data type of the written weights.")
    ] = "bfloat16",
) -> None:
    """Write a GGUF model as a Hugging Face folder (safetensors, tokenizer, chat template) to train and serve."""
    from shopbench_plugin.models.gguf_import import Dtype
    from shopbench_plugin.models.gguf_import import import_gguf as write_model

    imported = write_model(file, output, Dtype(dtype))
    typer.echo(
        f"wrote a {imported.architecture} model of {imported.parameters / 1e6:.0f} million weights in {dtype}, "
        f"end token {imported.end_token}, to {output}"
    )

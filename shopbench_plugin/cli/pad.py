"""`shopbench pad`: pad a model so that it can be split over several GPUs after GPTQ."""

from pathlib import Path
from typing import Annotated

import typer


def pad(
    model: Annotated[Path, typer.Option(help="Folder of the merged model, not yet quantized, in safetensors.")],
    output: Annotated[Path, typer.Option(help="Folder for the padded model; an existing model there is replaced.")],
    gpus: Annotated[int, typer.Option(min=2, help="Number of GPUs to split the quantized model over.")] = 8,
    group_size: Annotated[int, typer.Option(min=1, help="GPTQ group size; LlamaFactory uses 128.")] = 128,
) -> None:
    """Zero-pad the MLP before GPTQ: Qwen2-72B's 29568 becomes 29696, with identical answers."""
    from shopbench_plugin.quantization.pad import pad_checkpoint

    padding = pad_checkpoint(model, output, gpus, group_size)
    typer.echo(
        f"padded the MLP from {padding.width} to {padding.padded_width} in {padding.tensors} tensors: "
        f"{output} can be quantized and split over {gpus} GPUs"
    )

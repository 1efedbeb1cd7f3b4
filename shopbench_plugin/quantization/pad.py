"""Zero-pad the MLP of a model so that its GPTQ version can be split over several GPUs.

GPTQ stores one scale for each group of 128 inputs, and tensor parallelism needs full groups on every GPU. Qwen2-72B's
MLP is 29568 = 231 x 128 wide, which no even number of GPUs divides; the official quantized models were padded to 29696
before quantization (QwenLM/Qwen2.5 issue 578). The new rows of gate_proj and up_proj and the new columns of down_proj
are zeros: silu(0) * 0 = 0, so the outputs don't change.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.progress import track
from shopbench_plugin.models.checkpoints import (
    INDEX_NAME,
    Checkpoint,
    open_checkpoint,
    open_tensors,
    require_space,
    write_folder_atomically,
)
from shopbench_plugin.models.group_size import LARGEST
from shopbench_plugin.planning.memory import Quantization
from shopbench_plugin.planning.shapes import ModelShape, read_shape
from shopbench_plugin.planning.splitting import check_split
from shopbench_plugin.storage.paths import check_places, list_model_files

_ROWS, _COLUMNS = 0, 1
_PADDED_AXES = {
    ".mlp.gate_proj.weight": _ROWS,
    ".mlp.up_proj.weight": _ROWS,
    ".mlp.down_proj.weight": _COLUMNS,
    ".mlp.gate_proj.bias": _ROWS,
    ".mlp.up_proj.bias": _ROWS,
}


@dataclass(frozen=True, slots=True)
class Padding:
    """The result of padding: the MLP's inner width before and after, and the number of padded tensors."""

    width: int
    padded_width: int
    tensors: int


def pad_checkpoint(source: Path, output: Path, gpus: int, group_size: int = LARGEST) -> Padding:
    """Write the model at `source` to `output` with its MLP padded for `gpus` GPUs, one shard in memory at a time.

    Raises:
        ShopBenchError: `source` is not a model, is already quantized, needs no padding, can't be split even with it, or
            has a different MLP; or there is too little space at `output`. An existing `output` is then kept.
    """
    check_places(list_model_files(source), [output])
    checkpoint = open_checkpoint(source)
    if checkpoint.config.get("quantization_config"):
        raise ShopBenchError(f"{source}: is already quantized; pad the merged model, then quantize that")
    shape = read_shape(source)
    width = shape.intermediate_size
    padded_width = _choose_width(shape, gpus, group_size)
    require_space(output, checkpoint.size * padded_width // width)
    with write_folder_atomically(output) as folder:
        shards = track(checkpoint.shards, doing=f"padding {source}", total=len(checkpoint.shards), unit="shards")
        grown = sum(_pad_shard(shard, folder / shard.name, width, padded_width) for shard in shards)
        if grown == 0:
            raise ShopBenchError(f"{source}: has no layers with an MLP of gate_proj, up_proj and down_proj to pad")
        _copy_the_rest(checkpoint, folder)
        config = checkpoint.config | {"intermediate_size": padded_width}
        (folder / "config.json").write_bytes(orjson.dumps(config, option=orjson.OPT_INDENT_2))
    return Padding(width, padded_width, grown)


def _choose_width(shape: ModelShape, gpus: int, group_size: int) -> int:
    fewer = range(min(gpus - 1, shape.heads), 1, -1)
    splits = (check_split(shape, count, Quantization.GPTQ_INT4, group_size) for count in (gpus, *fewer))
    split = next(splits)
    if split.padded_width is not None:
        return split.padded_width
    if split.is_possible:
        raise ShopBenchError(
            f"{shape.name}: its MLP width {shape.intermediate_size} already splits over {gpus} GPUs; "
            "quantize it unpadded"
        )
    most = next((smaller.gpus for smaller in splits if smaller.is_possible), 1)
    advice = f"--gpus {most} is the most that works" if most > 1 else "it can be served on a single GPU only"
    raise ShopBenchError(f"{shape.name}: can't be split over {gpus} GPUs even with padding: {split.obstacle}; {advice}")


def _pad_shard(shard: Path, output: Path, width: int, padded_width: int) -> int:
    """Write one safetensors file with its MLP tensors padded; return how many were padded."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = {}
    grown = 0
    with open_tensors(shard, "pt") as stored:
        for name in stored.keys():  # noqa: SIM118  not a dict
            tensors[name] = stored.get_tensor(name)
            axis = next((axis for suffix, axis in _PADDED_AXES.items() if name.endswith(suffix)), None)
            if axis is not None:
                if tensors[name].shape[axis] != width:
                    raise ShopBenchError(
                        f"{shard}: {name} lacks the width {width} of config.json; copy or download the model again"
                    )
                tensors[name] = _append_zeros(tensors[name], axis, padded_width - width)
                grown += 1
        try:
            save_file(tensors, output, metadata=stored.metadata())
        except SafetensorError as error:
            raise ShopBenchError(f"{output}: cannot be written ({error}); the old output is kept") from error
    return grown


def _append_zeros(tensor: Any, axis: int, count: int) -> Any:
    from torch.nn.functional import pad

    return pad(tensor, (0, 0) * (tensor.dim() - 1 - axis) + (0, count))  # the last axis comes first


def _copy_the_rest(checkpoint: Checkpoint, folder: Path) -> None:
    """Copy tokenizer and config files; the index keeps naming the same shards, without their old total size."""
    for path in checkpoint.folder.iterdir():
        if path.is_file() and path.suffix != ".safetensors" and path.name != INDEX_NAME:
            shutil.copy2(path, folder / path.name)
    index = checkpoint.folder / INDEX_NAME
    if index.is_file():
        weight_map = orjson.loads(index.read_bytes())["weight_map"]
        (folder / INDEX_NAME).write_bytes(orjson.dumps({"metadata": {}, "weight_map": weight_map}))

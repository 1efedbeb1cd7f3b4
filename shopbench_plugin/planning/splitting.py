"""Over how many GPUs vLLM can split a model by tensor parallelism."""

import math
from dataclasses import dataclass, replace

from shopbench_plugin.models.group_size import LARGEST
from shopbench_plugin.planning.memory import Quantization
from shopbench_plugin.planning.shapes import ModelShape


@dataclass(frozen=True, slots=True)
class Split:
    """Whether a model splits over `gpus` GPUs.

    Attributes:
        gpus: the tensor-parallel size.
        obstacle: why it does not split; "" if it does.
        padded_width: the MLP width to pad it to with `shopbench pad` first; None if it splits unpadded.
    """

    gpus: int
    obstacle: str = ""
    padded_width: int | None = None

    @property
    def is_possible(self) -> bool:
        """Whether it splits, padded or not."""
        return not self.obstacle

    def apply(self, shape: ModelShape) -> ModelShape:
        """Return the shape that will be served."""
        return shape if self.padded_width is None else replace(shape, intermediate_size=self.padded_width)


def find_padded_width(width: int, gpus: int, group_size: int = LARGEST) -> int:
    """Return the smallest width of at least `width` that splits into whole groups on each of `gpus` GPUs.

    >>> find_padded_width(29568, 8)
    29696
    """
    step = group_size * gpus
    return math.ceil(width / step) * step


def check_split(shape: ModelShape, gpus: int, quantization: Quantization, group_size: int | None = None) -> Split:
    """Return whether the model splits over `gpus` GPUs, and at which MLP width.

    Every GPU gets whole heads; key-value heads are distributed or replicated evenly; a GPTQ layer that is split along
    its inputs (o_proj, down_proj) has whole groups of weights on every GPU, of `group_size` or the model's own (vLLM:
    model_executor/models/qwen2.py, distributed/utils.py verify_group_size_divides_partition).
    """
    if shape.heads % gpus:
        return Split(gpus, f"{shape.heads} attention heads are not divisible by {gpus}")
    if shape.key_value_heads % gpus and gpus % shape.key_value_heads:
        return Split(gpus, f"{shape.key_value_heads} key-value heads neither divide by {gpus} nor replicate evenly")
    split, unit = Split(gpus), _find_unit(shape, quantization, group_size)
    if gpus > 1 and shape.intermediate_size % (unit * gpus):
        if shape.is_quantized:
            return Split(gpus, f"MLP width is {shape.intermediate_size}; pad the merged model and quantize it again")
        # Padding may allow a larger group: only the other widths limit it then.
        unit = _find_unit(replace(shape, intermediate_size=LARGEST), quantization, group_size)
        split = Split(gpus, padded_width=find_padded_width(shape.intermediate_size, gpus, unit))
    if gpus > 1 and shape.heads * shape.head_dim % (unit * gpus):
        return Split(
            gpus, f"attention width {shape.heads * shape.head_dim} does not split into groups of {unit} on {gpus} GPUs"
        )
    return split


def _find_unit(shape: ModelShape, quantization: Quantization, group_size: int | None) -> int:
    """Return how many inputs of a layer have to stay on one GPU."""
    return 1 if quantization is Quantization.NONE else group_size or shape.gptq.group_size


def list_splits(shape: ModelShape, most: int, quantization: Quantization) -> list[Split]:
    """Return the split for 1, 2, 4, ... GPUs, and for `most`."""
    sizes = {2**power for power in range(most.bit_length()) if 2**power <= most} | {most}
    return [check_split(shape, gpus, quantization) for gpus in sorted(sizes)]

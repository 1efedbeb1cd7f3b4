"""The GPTQ group size that a model's widths allow."""

import math
from collections.abc import Mapping
from typing import Any

LARGEST, SMALLEST = 128, 32  # gptqmodel's and vLLM's kernels support groups of 32, 64 and 128


def find_group_size(config: Mapping[str, Any]) -> int | None:
    """Return the largest group that divides the inputs of all linear layers of a dense decoder; 128 if unknown.

    `config` is its config.json. SmolLM2-135M, 576 wide, gets 64. None if not even 32 divides them.
    """
    heads, head_size = config.get("num_attention_heads"), config.get("head_dim")
    inputs = [config.get("hidden_size"), config.get("intermediate_size")]
    if isinstance(heads, int) and isinstance(head_size, int):
        inputs.append(heads * head_size)
    group = math.gcd(LARGEST, *(width for width in inputs if isinstance(width, int)))
    return group if group >= SMALLEST else None

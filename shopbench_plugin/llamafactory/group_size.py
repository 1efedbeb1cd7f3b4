"""The GPTQ group size that a model's widths allow; LlamaFactory always quantizes in groups of 128 inputs.

`choose_group_size` is called only by `import_hook`, right after LlamaFactory's quantization module has run.
"""

import logging
import math
from collections.abc import Mapping
from types import ModuleType
from typing import Any

LARGEST, SMALLEST = 128, 32  # gptqmodel's and vLLM's kernels support groups of 32, 64 and 128

_log = logging.getLogger(__name__)


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


def choose_group_size(quantization_module: ModuleType) -> None:
    """Make GPTQ use the group size that fits the model.

    `quantization_module` is llamafactory.model.model_utils.quantization.
    """
    configure = quantization_module.configure_quantization

    def configure_quantization(
        config: Any, tokenizer: Any, model_args: Any, is_trainable: bool, init_kwargs: dict[str, Any]
    ) -> None:
        is_quantized = getattr(config, "quantization_config", None)
        configure(config, tokenizer, model_args, is_trainable, init_kwargs)
        if model_args.export_quantization_bit is None or is_quantized:
            return
        group = find_group_size(config.to_dict())
        if group not in (None, LARGEST):
            init_kwargs["quantization_config"].group_size = group
            _log.warning("quantizing in groups of %d inputs: %d does not divide the model's widths", group, LARGEST)

    quantization_module.configure_quantization = configure_quantization  # type: ignore[attr-defined]  # patcher's name

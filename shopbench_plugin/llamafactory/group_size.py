"""Makes LlamaFactory quantize in groups that a model's widths allow, instead of always 128 inputs.

`choose_group_size` is called only by `import_hook`, right after LlamaFactory's quantization module has run.
"""

import logging
from types import ModuleType
from typing import Any

from shopbench_plugin.models.group_size import LARGEST, find_group_size

_log = logging.getLogger(__name__)


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

"""The dtype that training loads weights in if the recipe doesn't set one.

LlamaFactory loads weights in the dtype that config.json names, regardless of `bf16: false` and `fp16: false`, which
control autocasting. On a CPU without fast bfloat16, a bfloat16 checkpoint then trains at a third of float32's speed,
and a float16 one more slowly still.

Imported only by `import_hook`, right after LlamaFactory's loader has run.
"""

import logging
from pathlib import Path
from types import ModuleType
from typing import Any

from shopbench_plugin.models.arithmetic import choose_dtype, describe_machine
from shopbench_plugin.models.checkpoints import read_config

_log = logging.getLogger(__name__)


def choose_training_dtype(loader_module: ModuleType) -> None:
    """Make training on a CPU load float32 if that is faster; `loader_module` is llamafactory.model.loader.

    Its `from_pretrained` reads the dtype from the config object, which `patch_config` has just prepared.
    """
    patch = loader_module.patch_config

    def patch_config(config: Any, tokenizer: Any, model_args: Any, init_kwargs: Any, is_trainable: bool) -> None:
        is_open = is_trainable and model_args.compute_dtype is None and model_args.quantization_bit is None
        patch(config, tokenizer, model_args, init_kwargs, is_trainable)
        if is_open and _is_faster_in_float32(Path(model_args.model_name_or_path)):
            import torch

            config.dtype = model_args.compute_dtype = torch.float32
            _log.warning("training in float32, which is faster than the checkpoint's 16 bits on this CPU")

    loader_module.patch_config = patch_config  # type: ignore[attr-defined]  # the name that load_model looks up


def _is_faster_in_float32(model: Path) -> bool:
    # float16, which GPUs before Ampere use for inference, can't train without loss scaling.
    return model.is_dir() and choose_dtype(read_config(model), describe_machine()) == "float32"

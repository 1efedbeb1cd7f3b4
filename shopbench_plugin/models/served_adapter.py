"""LoRA adapters that are served on their base without being merged: which can be, and what an engine needs to know."""

from pathlib import Path
from typing import Any, Final

from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.models.adapters import check_adapter
from shopbench_plugin.models.checkpoints import find_weights, open_checkpoint, read_header, read_json_object

_MERGE: Final = "merge it with `make export` and pass the merged model"
# What vLLM rejects (vllm/lora/peft_helper.py), or silently ignores, so that it serves different weights.
_UNSERVED: Final = {
    "modules_to_save": "contains fully trained layers",
    "use_dora": "is a DoRA adapter",
    "rank_pattern": "has ranks that differ by layer",
    "alpha_pattern": "has scales that differ by layer",
}
_EXPONENTS: Final = {
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
    "F32": ("<u4", 0x7F800000),
    "F64": ("<u8", 0x7FF0000000000000),
}
"""The exponent's bits in safetensors' types of numbers."""


def check_served_adapter(folder: Path, model: str) -> None:
    """Check that the adapter in `folder` can be served on `model`, a folder or hub name, without being merged.

    Raises:
        ShopBenchError: it is not a LoRA adapter, needs merging, belongs to another base, or contains NaN or infinity.
    """
    if not folder.is_dir():
        raise ShopBenchError(f"{folder}: no such adapter folder; check the path, or train the adapter first")
    check_adapter(folder, open_checkpoint(Path(model)) if Path(model).is_dir() else None)
    config = _read_config(folder)
    if config.get("peft_type", "LORA") != "LORA":
        raise ShopBenchError(f"{folder}: is {shorten(config['peft_type'])}, not a LoRA adapter; {_MERGE}")
    for key, what in _UNSERVED.items():
        if config.get(key):
            raise ShopBenchError(f"{folder}: {what} ({key}: {shorten(config[key])}); {_MERGE}")
    if config.get("bias", "none") != "none":
        raise ShopBenchError(f"{folder}: contains trained biases (bias: {shorten(config['bias'])}); {_MERGE}")
    if type(config.get("r")) is not int or config["r"] < 1:
        raise ShopBenchError(
            f"{folder / 'adapter_config.json'}: 'r' is {shorten(config.get('r'))}, not a valid rank; "
            "train the adapter again"
        )
    _check_finite(folder)


def read_rank(folder: Path) -> int:
    """Return the rank of an adapter that passed `check_served_adapter`."""
    rank: int = _read_config(folder)["r"]
    return rank


def _read_config(folder: Path) -> dict[str, Any]:
    return read_json_object(folder / "adapter_config.json", "train the adapter again")


def _check_finite(folder: Path) -> None:
    """Reject the weights of a diverged training run: every logit would be NaN.

    All bits of the exponent are set in NaN and infinity alone (IEEE 754). NumPy, which imports faster than torch, looks
    at them: it has no bfloat16.
    """
    import numpy as np

    for shard in find_weights(folder, "adapter_model"):
        tensors, first = read_header(shard)
        stored = np.memmap(shard, mode="r")
        for name, tensor in tensors.items():
            if tensor["dtype"] not in _EXPONENTS:  # whole numbers
                continue
            bits, exponent = _EXPONENTS[tensor["dtype"]]
            start, end = tensor["data_offsets"]
            if ((stored[first + start : first + end].view(bits) & exponent) == exponent).any():
                raise ShopBenchError(
                    f"{shard}: {name} contains NaN or infinity: the training diverged; train it again with a lower "
                    "learning rate"
                )

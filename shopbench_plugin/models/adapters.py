"""Whether an adapter belongs to a base model, by the shapes of its LoRA tensors, and can be served on it unmerged."""

from pathlib import Path
from typing import Any, Final

from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.models.checkpoints import (
    Checkpoint,
    find_weights,
    open_checkpoint,
    read_header,
    read_json_object,
    read_shapes,
)
from shopbench_plugin.storage.unfinished import check_finished

Shape = tuple[int, ...]

PREFIX = "base_model.model."
"""What peft puts before the base model's own names."""
_PEFT_TYPES = ("LORA", "OFT")  # what LlamaFactory trains (hparams/finetuning_args.py)
_INPUTS, _OUTPUTS = ".lora_A.weight", ".lora_B.weight"
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


def check_adapter(folder: Path, base: Checkpoint | None) -> None:
    """Check that the adapter in `folder` is complete and, unless `base` is None (a hub model), fits it.

    Raises:
        ShopBenchError: it is not an adapter, its weights are pickled, or it was trained on a different model.
    """
    shapes = read_adapter_shapes(folder)
    if base is None:
        return
    if "quantization_config" in base.config:
        raise ShopBenchError(
            f"{base.folder}: is quantized, so an adapter can't be merged into it; pass the unquantized model"
        )
    expected = base.read_shapes()
    for name, shape in shapes.items():
        problem = _find_mismatch(name, shape, expected)
        if problem:
            raise ShopBenchError(f"{folder}: was trained on a different model than {base.folder}: {problem}")


def read_adapter_shapes(folder: Path) -> dict[str, Shape]:
    """Return the shape of every tensor of an adapter, under peft's names.

    Raises:
        ShopBenchError: the folder has no adapter, or one that is unfinished, pickled or truncated.
    """
    if not (folder / "adapter_config.json").is_file():
        raise ShopBenchError(f"{folder}: has no adapter_config.json; pass the output folder of the training")
    check_finished(folder)
    kind = _read_config(folder).get("peft_type", "LORA")
    if kind not in _PEFT_TYPES:
        raise ShopBenchError(
            f"{folder / 'adapter_config.json'}: unknown peft_type {shorten(kind)}; LlamaFactory loads "
            f"{', '.join(_PEFT_TYPES)}"
        )
    return read_shapes(find_weights(folder, "adapter_model"))


def _find_mismatch(name: str, shape: Shape, expected: dict[str, Shape]) -> str:
    """Return why a tensor of the adapter doesn't fit the base; "" if it fits or is of another kind.

    LoRA's A is (rank, inputs) and its B (outputs, rank) of a weight (outputs, inputs). Others (DoRA's magnitudes, LoRA
    of embeddings, OFT, a layer saved whole whose weights the base ties to another) are left to peft.
    """
    module = name.removeprefix(PREFIX)
    layer = module.removesuffix(_INPUTS).removesuffix(_OUTPUTS)
    if layer == module:
        return ""
    if f"{layer}.weight" not in expected:
        return f"it has no {layer}.weight"
    axis = slice(1, None) if module.endswith(_INPUTS) else slice(1)
    shape, wanted = shape[axis], expected[f"{layer}.weight"][axis]
    return "" if shape == wanted else f"{module} is for size {_write(shape)}, but the base has {_write(wanted)}"


def _write(shape: Shape) -> str:
    return " x ".join(map(str, shape))


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

"""Whether a LoRA adapter belongs to a base model, determined from the shapes of its LoRA tensors."""

from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.models.checkpoints import Checkpoint, find_weights, read_json_object, read_shapes
from shopbench_plugin.storage.unfinished import check_finished

Shape = tuple[int, ...]

PREFIX = "base_model.model."
"""What peft puts before the base model's own names."""
_PEFT_TYPES = ("LORA", "OFT")  # what LlamaFactory trains (hparams/finetuning_args.py)
_INPUTS, _OUTPUTS = ".lora_A.weight", ".lora_B.weight"


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
    kind = read_json_object(folder / "adapter_config.json", "train the adapter again").get("peft_type", "LORA")
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

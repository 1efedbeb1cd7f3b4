"""Checks on a model folder that report one clear line where the libraries would raise a traceback."""

from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.checkpoints import is_hub_name, open_checkpoint, read_json_object, reject_adapter

_TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "tokenizer.model")
_JSON_FILES = ("tokenizer.json", "vocab.json", "generation_config.json")


def check_model_folder(model: str, gpus: int = 1) -> None:
    """Reject a path that doesn't contain a complete model; hub names pass.

    Args:
        model: path or hub name.
        gpus: number of GPUs that every layer is split over.

    Raises:
        ShopBenchError: the folder is missing, lacks configuration, weights, tokenizer or chat template, one of these is
            truncated or invalid, or it contains a quantized model that can't be split over this many GPUs.
    """
    folder = Path(model)
    if not folder.exists():
        if is_hub_name(model):
            return
        raise ShopBenchError(f"{model}: no such model folder; train or export one first, or fix the path")
    reject_adapter(folder)
    config = _read_json(folder, "config.json")
    if "model_type" not in config:
        raise ShopBenchError(f"{folder / 'config.json'}: no 'model_type'; this is not a Hugging Face model")
    open_checkpoint(folder).read_shapes()
    tokenizer = _read_json(folder, "tokenizer_config.json")
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise ShopBenchError(f"{model}: no tokenizer ({', '.join(_TOKENIZER_FILES)}); copy the base model's into it")
    for name in _JSON_FILES:
        if (folder / name).is_file():
            _read_json(folder, name)
    if "chat_template" not in tokenizer and not (folder / "chat_template.jinja").is_file():
        raise ShopBenchError(f"{model}: no chat template; use an instruction-tuned model or export with template qwen2")
    _check_groups(folder, config, gpus)


def suggest_remedy(model: str) -> str:
    """Return what to do about a model that can't be loaded: a broken folder, or a name looked up on the hub."""
    if Path(model).exists():
        return "fix or export it again"
    return "there is no such folder here, so it was looked up on the hub; fix the path, or download the model first"


def _check_groups(folder: Path, config: dict[str, Any], gpus: int) -> None:
    """Reject a GPTQ checkpoint whose groups can't be split evenly.

    Layers that are split along their inputs, mainly the MLP's output layer, must leave complete groups on each GPU
    (vLLM: "input_size_per_partition is not divisible"). Qwen2-72B's 29568 = 231 x 128 can't be split evenly.
    """
    quantization = config.get("quantization_config")
    group = quantization.get("group_size") if isinstance(quantization, dict) else None
    width = config.get("intermediate_size")
    if isinstance(group, int) and isinstance(width, int) and group > 0 and width % (group * gpus):
        over = f" over {gpus} GPUs" if gpus > 1 else ""
        raise ShopBenchError(
            f"{folder}: intermediate_size {width} can't be divided into groups of {group} quantized weights{over}; "
            "pad the merged model with `shopbench pad` before quantizing, or change tensor_parallel_size"
        )


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    if not (folder / name).is_file():
        raise ShopBenchError(f"{folder}: no {name}; this is not a Hugging Face model folder")
    return read_json_object(folder / name, "copy or export the model again")

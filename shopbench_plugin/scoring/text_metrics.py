"""ROUGE-L and BLEU by the evaluator's libraries with its settings.

Source: metrics.py of the Amazon KDD Cup 2024 starter kit. The libraries' scorers are built only once, because
sacrebleu's Japanese tokenizer loads a dictionary.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from shopbench_plugin.core.errors import missing_package

_MAX_WORDS = 100_000


def score_rouge_l(text: str, reference: str) -> float:
    """Return the F measure of ROUGE-L with Porter's stemmer; 0 for a text without Latin letters or digits.

    Raises:
        ShopBenchError: rouge-score isn't installed.
    """
    return float(_load_rouge_scorer().score(text, reference)["rougeL"].fmeasure)


def score_bleu(text: str, reference: str, *, is_japanese: bool = False) -> float:
    """Return lower-case BLEU-4, from 0 to 1, of the first line of the text.

    The evaluator scores each answer as a corpus of one, smoothed exponentially and without effective order, so a
    text of fewer than four tokens scores 0.

    Raises:
        ShopBenchError: sacrebleu, or its Japanese tokenizer, isn't installed.
    """
    first_line = text.strip("\n").split("\n", maxsplit=1)[0]
    scorer = _load_bleu_scorer("ja-mecab" if is_japanese else "13a")
    return float(scorer.corpus_score([first_line], [[reference]]).score) / 100


@cache
def _load_rouge_scorer() -> Any:
    try:
        from nltk.stem.porter import PorterStemmer  # type: ignore[import-untyped]  # nltk has no types
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise missing_package("rouge-score", "eval") from error
    return RougeScorer(["rougeL"], tokenizer=_CachingTokenizer(PorterStemmer().stem))


class _CachingTokenizer:
    """rouge-score's tokenizer with a cache of stems: stemming is most of the metric's time."""

    def __init__(self, stem: Callable[[str], str]) -> None:
        self.stem = lru_cache(maxsize=_MAX_WORDS)(stem)

    def tokenize(self, text: str) -> list[str]:
        """Return the text's words in lower case, stemmed as in rouge-score."""
        from rouge_score.tokenize import tokenize

        words: list[str] = tokenize(text, self)
        return words


@cache
def _load_bleu_scorer(tokenizer: str) -> Any:
    try:
        from sacrebleu.metrics import BLEU

        return BLEU(lowercase=True, tokenize=tokenizer)
    except (ImportError, RuntimeError) as error:  # sacrebleu raises RuntimeError if MeCab is missing
        raise missing_package("sacrebleu[ja]", "eval") from error

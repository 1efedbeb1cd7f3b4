"""ROUGE-L and BLEU by the evaluator's libraries with its settings.

Source: metrics.py of the Amazon KDD Cup 2024 starter kit. The libraries' scorers are built only once, because
sacrebleu's Japanese tokenizer loads a dictionary.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from shopbench_plugin.core.errors import missing_package

_MAX_WORDS = 100_000
_MAX_REFERENCES = 1_000
_ORDERS = 4


def score_rouge_l(text: str, reference: str) -> float:
    """Return the F measure of ROUGE-L with Porter's stemmer; 0 for a text without Latin letters or digits.

    Raises:
        ShopBenchError: rouge-score isn't installed.
    """
    return float(_load_rouge_scorer().score(text, reference)["rougeL"].fmeasure)


def score_bleu(text: str, reference: str, *, is_japanese: bool = False) -> float:
    """Return lower-case BLEU-4, from 0 to 1, of the first line of the text.

    The evaluator scores each answer as a corpus of one, smoothed exponentially and without effective order, so a
    text of fewer than four tokens scores 0. The n-grams are counted here, a reference's once for all its answers, in
    half of sacrebleu's time; the score from the counts is sacrebleu's.

    Raises:
        ShopBenchError: sacrebleu, or its Japanese tokenizer, isn't installed.
    """
    first_line = text.strip("\n").split("\n", maxsplit=1)[0]
    tokenizer = "ja-mecab" if is_japanese else "13a"
    wanted, wanted_length = _count_reference(reference, tokenizer)
    ngrams, length = _list_ngrams(first_line, tokenizer)
    found = [_count_common(one, other) for one, other in zip(ngrams, wanted, strict=True)]
    total = [max(0, length - order) for order in range(_ORDERS)]
    scorer = _load_bleu_scorer(tokenizer)
    return float(scorer.compute_bleu(found, total, length, wanted_length, smooth_method="exp").score) / 100


def _list_ngrams(text: str, tokenizer: str) -> tuple[list[Iterator[tuple[str, ...]]], int]:
    """Return the n-grams of one to four tokens, and the number of tokens."""
    tokens = _load_bleu_scorer(tokenizer).tokenizer(text.lower().rstrip()).split()
    shifted = [tokens[start:] for start in range(_ORDERS)]
    return [zip(*shifted[: order + 1], strict=False) for order in range(_ORDERS)], len(tokens)


@lru_cache(maxsize=_MAX_REFERENCES)
def _count_reference(text: str, tokenizer: str) -> tuple[list[Counter[tuple[str, ...]]], int]:
    ngrams, length = _list_ngrams(text, tokenizer)
    return [Counter(one) for one in ngrams], length


def _count_common(ngrams: Iterable[tuple[str, ...]], wanted: Counter[tuple[str, ...]]) -> int:
    found = Counter(filter(wanted.__contains__, ngrams))
    return sum(map(min, found.values(), map(wanted.__getitem__, found)))


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

"""SentencePiece's BPE, as Llama 2, Mistral, Gemma and Phi-3 use it, as a fast tokenizer.

SentencePiece joins the two neighbours whose joint piece has the highest score; a list of merges in the order of scores
does the same.
"""

from collections.abc import Mapping
from typing import Any

_SPACE = "▁"


def make_sentencepiece_tokenizer(
    vocabulary: Mapping[str, int], scores: Mapping[str, float], unknown: str | None, *, adds_space: bool
) -> Any:
    """Return a tokenizers.Tokenizer.

    Args:
        vocabulary: number of each piece, including those of single bytes ("<0x0A>").
        scores: score of each ordinary piece: those that are joined, and the characters.
        unknown: the piece for unknown characters where the vocabulary has no bytes.
        adds_space: whether a text begins as if a space preceded it, which decoding removes.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers

    tokenizer = Tokenizer(
        models.BPE(
            vocab=dict(vocabulary),
            merges=_list_merges(scores),
            unk_token=unknown,
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    prefix = [normalizers.Prepend(_SPACE)] if adds_space else []
    tokenizer.normalizer = normalizers.Sequence([*prefix, normalizers.Replace(" ", _SPACE)])
    strip = [decoders.Strip(content=" ", left=1)] if adds_space else []
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
    )
    return tokenizer


def _list_merges(scores: Mapping[str, float]) -> list[tuple[str, str]]:
    pairs = [
        (-score, piece[:cut], piece[cut:])
        for piece, score in scores.items()
        for cut in range(1, len(piece))
        if piece[:cut] in scores and piece[cut:] in scores
    ]
    return [(left, right) for _, left, right in sorted(pairs)]

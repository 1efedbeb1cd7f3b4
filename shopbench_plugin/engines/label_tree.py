"""The tokens of labels as a tree, and each label's probability from those at its branches."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LabelTree:
    """What may follow the prompt if the answer is one of several labels.

    A single-token label, such as a digit or a letter in most tokenizers, is a leaf of the root. Most tokenizers encode
    two digits as two tokens: "1" and "10" share a branch, and the end token distinguishes them.

    Attributes:
        paths: the tokens of each label, followed by the end token.
        branches: prefix -> tokens that may follow it; prefixes with a single successor are left out, except the root.
    """

    paths: tuple[Tokens, ...]
    branches: Mapping[Tokens, Tokens]

    def find_logprobs(self, scores: Mapping[Tokens, Sequence[float]]) -> tuple[float, ...]:
        """Return the log-probability of each label, given that the answer is one of them: the probabilities sum to 1.

        Args:
            scores: per branch, its tokens' log-probabilities or logits; NaN and infinity are passed on.
        """
        steps = {
            branch: dict(zip(followers, _normalize(scores[branch]), strict=True))
            for branch, followers in self.branches.items()
        }
        return tuple(
            math.fsum(steps[path[:end]][path[end]] for end in range(len(path)) if path[:end] in steps)
            for path in self.paths
        )


def grow_label_tree(labels: Sequence[str], encode: Callable[[str], Sequence[int]], end_token: int) -> LabelTree:
    """Return the tree of `labels`, each tokenized by `encode` and followed by the token that ends a turn."""
    paths = tuple((*encode(label), end_token) for label in labels)
    followers: dict[Tokens, dict[int, None]] = {}
    for path in paths:
        for end, token in enumerate(path):
            followers.setdefault(path[:end], {})[token] = None
    branches = {before: tuple(after) for before, after in followers.items() if len(after) > 1 or not before}
    return LabelTree(paths, branches)


def _normalize(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    total = math.log(math.fsum(math.exp(score - highest) for score in scores)) + highest
    return [score - total for score in scores]

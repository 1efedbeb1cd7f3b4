"""What a task asks and how its questions differ, from their wording."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_SENTENCES = re.compile(r"(?<=[.?!。？！:])\s+|\n+")
_SHORTEST = 16
_LONGEST = 160
_COMMON = 0.5
_COUNTED = 300


@dataclass(frozen=True, slots=True)
class TaskWording:
    """A summary of a task's questions.

    Attributes:
        asks: the sentence that most of its questions share, or the first one if they share none.
        previews: each question without the sentences that half of the questions share.
    """

    asks: str
    previews: tuple[str, ...]


def read_wording(texts: Sequence[str]) -> TaskWording:
    """Return the wording of one task's questions, at least one."""
    split = [[part.strip() for part in _SENTENCES.split(text) if part.strip()] for text in texts]
    counts = Counter(part for parts in split[:_COUNTED] for part in set(parts))
    common = {part for part, count in counts.items() if len(texts) > 1 and count > _COMMON * min(len(texts), _COUNTED)}
    long_enough = [part for part in split[0] if len(part) >= _SHORTEST] or split[0] or [""]
    asks = max(long_enough, key=lambda part: counts[part])
    previews = [" ".join(part for part in parts if part not in common) or " ".join(parts) for parts in split]
    return TaskWording(_cut(asks), tuple(map(_cut, previews)))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"

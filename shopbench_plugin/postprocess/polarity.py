"""Yes and no: options that say so, and answers that mean them in other words or another language."""

import re
from functools import lru_cache
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.postprocess.spoken import CONCLUSION, DIFFERENT, NO, NOT, SAME, UNKNOWN, YES

_YES_FIRST: Final = re.compile(rf"[^\w]*(?:{YES.pattern})", re.IGNORECASE)
_NO_FIRST: Final = re.compile(rf"[^\w]*(?:{NO.pattern})", re.IGNORECASE)


@lru_cache(maxsize=1024)
def poles(space: AnswerSpace) -> tuple[str, str] | None:
    """Return the labels of "yes" and "no", or None if the options are not such a pair.

    A third one may say that it is unknown.
    """
    signs = [_sign(text) for text in space.texts if not UNKNOWN.search(text)]
    labels = [label for label, text in zip(space.labels, space.texts, strict=True) if not UNKNOWN.search(text)]
    if len(signs) == 2 and set(signs) == {True, False}:  # noqa: PLR2004  yes and no
        return labels[signs.index(True)], labels[signs.index(False)]
    return None


def _sign(text: str) -> bool | None:
    """Return what a text begins with: True for yes, False for no, None for neither."""
    if _NO_FIRST.match(text):
        return False
    return True if _YES_FIRST.match(text) else None


def _is_unknown(said: str, space: AnswerSpace) -> bool:
    return len(space.labels) > 2 and UNKNOWN.search(said) is not None  # noqa: PLR2004  yes, no, and that one


def opening_pole(said: str, space: AnswerSpace) -> str | None:
    """Return the label of the yes or no that `said` begins with."""
    pair, sign = poles(space), _sign(said)
    return None if pair is None or sign is None or _is_unknown(said, space) else pair[0 if sign else 1]


def pole_inside(said: str, space: AnswerSpace) -> str | None:
    """Return the label of the last yes or no in `said`, or of "no" if it only denies.

    If there is neither, "the same" is yes and "different" is no.
    """
    pair = poles(space)
    if pair is None or _is_unknown(said, space):
        return None
    concluded = CONCLUSION.split(said)[-1] or said
    places = [(place.start(), 1) for place in NO.finditer(concluded)] + [
        (place.start(), 0) for place in YES.finditer(concluded)
    ]
    if places:
        return pair[max(places)[1]]
    is_denied = NOT.search(said) is not None
    if DIFFERENT.search(said):
        return pair[0 if is_denied else 1]
    if is_denied:
        return pair[1]
    return pair[0] if SAME.search(said) else None

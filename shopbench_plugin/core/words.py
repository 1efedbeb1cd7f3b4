"""What counts as a word, and as its end, for answers that are spans of a text."""

import re
from typing import Final

_WORD: Final = re.compile(r"\w+(?:(?:['’&/-]|[.,:](?=\d))\w+)*")
_CLOSING_MARK: Final = re.compile(r"[\"”″'’%)]|\.(?=\s)")
_UNSPACED: Final = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff"
_UNSPACED_SCRIPT: Final = re.compile(f"[{_UNSPACED}]")

# None of the unspaced characters has a case, and without regard to case the set takes five times as long to compile.
SPACED_CHARACTER: Final = rf"(?-i:[^\W{_UNSPACED}])"
"""Pattern of a word character in scripts with blanks: "3" ends a word in "3です", but not in "3rd"."""


def find_words(text: str) -> list[re.Match[str]]:
    """Return the words of `text` as matches: "don't", "wi-fi" and "5.5" are one word each, "end.Start" two."""
    return list(_WORD.finditer(text))


def is_unspaced(text: str) -> bool:
    """Return whether `text` contains Japanese, Chinese or Thai, in which blanks don't separate words."""
    return _UNSPACED_SCRIPT.search(text) is not None


def closing_mark(text: str, end: int) -> str:
    """Return the mark that may belong to a span ending at `end`: the inches of 54", the point of "5 oz. cans"."""
    mark = _CLOSING_MARK.match(text, end)
    return mark.group() if mark else ""

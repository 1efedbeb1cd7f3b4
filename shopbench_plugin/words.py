"""What counts as a word where answers are spans of a text."""

import re
from typing import Final

_WORD: Final = re.compile(r"\w+(?:(?:['’&/-]|[.,:](?=\d))\w+)*")


def find_words(text: str) -> list[re.Match[str]]:
    """Return the words of `text` with their places: "don't", "wi-fi" and "5.5" are one word each, "end.Start" two."""
    return list(_WORD.finditer(text))

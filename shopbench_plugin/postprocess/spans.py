"""Finding what a model said in the text it should have quoted."""

from difflib import SequenceMatcher
from typing import Final

from shopbench_plugin.core.words import find_words

_MOST_WORDS: Final = 4_000
_MOST_WORDS_SAID: Final = 100


def contains(passage: str, text: str) -> bool:
    """Return whether `passage` contains `text`, ignoring case."""
    return text.casefold() in passage.casefold()


def longest_common_span(said: str, passage: str) -> str:
    """Return the longest run of words that `said` and `passage` share, as the passage spells it, or ""."""
    found = find_words(passage)[:_MOST_WORDS]
    words = [word.group().casefold() for word in found]
    said_words = [word.group().casefold() for word in find_words(said)[:_MOST_WORDS_SAID]]
    match = SequenceMatcher(None, words, said_words, autojunk=False).find_longest_match()
    return passage[found[match.a].start() : found[match.a + match.size - 1].end()] if match.size else ""


def first_words(passage: str, count: int) -> str:
    """Return the first `count` words of `passage` with the characters between them."""
    found = find_words(passage)[:count]
    return passage[found[0].start() : found[-1].end()] if found else ""

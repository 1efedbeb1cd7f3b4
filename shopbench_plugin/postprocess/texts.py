"""Any text -> a free text, or a span of the passage it is an excerpt of."""

from typing import Final

from shopbench_plugin.postprocess.cleaning import LONGEST_ANSWER, drop_reasoning, unwrap
from shopbench_plugin.postprocess.spans import contains, first_words, longest_common_span

_EXCERPT_WORDS: Final = 8


def tidy_text(raw: str, question: str) -> str:
    """Return `raw` without what wraps it; the question's first line where nothing is left, for no answer scores 0."""
    lines = question.strip()[:LONGEST_ANSWER].splitlines()
    return unwrap(drop_reasoning(raw)) or next(filter(None, map(unwrap, lines)), "")


def quote_passage(raw: str, passage: str) -> str:
    """Return the part of `passage` that `raw` means: itself, its longest shared run of words, or the first words."""
    said = unwrap(drop_reasoning(raw))
    if said and contains(passage, said):
        return said
    return unwrap(longest_common_span(said, passage)) or unwrap(first_words(passage, _EXCERPT_WORDS))

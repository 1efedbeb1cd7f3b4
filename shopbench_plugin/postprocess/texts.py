"""Any text -> a free text, or a span of the passage it is an excerpt of."""

import re
from collections.abc import Iterator
from typing import Final

from shopbench_plugin.core.vocabulary import CHARACTERS_READ
from shopbench_plugin.core.words import find_words
from shopbench_plugin.postprocess.cleaning import NO_ANSWER, drop_reasoning, keep_printable, unwrap
from shopbench_plugin.postprocess.spans import contains, first_words, longest_common_span

_EXCERPT_WORDS: Final = 8
_FEWEST_WORDS: Final = 2
_QUOTED: Final = re.compile(r"(?<!\w)[\"'“„«「]([^\"'“”„«»「」\n]+)[\"'”“»」](?!\w)")
_ARROW: Final = re.compile(r"\s(?:->|=>|→)\s")
_EDGES: Final = " \t\n\"'“”„«»「」*_`"


def tidy_text(raw: str, question: str) -> str:
    """Return `raw` without what wraps it, or what follows a repeated part of the question and an arrow.

    If nothing is left, it is the question's first line: an empty answer scores 0.
    """
    lines = question.strip()[:CHARACTERS_READ].splitlines()
    before, _, behind = (part.strip(_EDGES) for part in _ARROW.sub("→", raw).rpartition("→"))
    said = behind if before and contains(question, before) else raw
    return next(filter(None, map(_read, (said, raw, *lines))), NO_ANSWER)


def quote_passage(raw: str, passage: str, question: str) -> str:
    """Return the part of `passage` that `raw` means: itself, its longest shared run of words, or the first words.

    Control characters are ignored on both sides. A passage without words has no part to quote, so any text is accepted.
    """
    passage = keep_printable(passage)
    said = _read(raw)
    whole = max((part for part in _excerpts(said) if contains(passage, part)), key=len, default="")
    spans = (whole, longest_common_span(said, passage), first_words(passage, _EXCERPT_WORDS))
    return next(filter(None, map(_read, spans)), None) or tidy_text(raw, question)


def _excerpts(said: str) -> Iterator[str]:
    """Yield what may be meant as an excerpt: all that is said, a line, what is quoted, what follows a colon."""
    yield _unstopped(said)
    for part in (*said.splitlines(), *_QUOTED.findall(said), said.rpartition(":")[2]):
        if len(find_words(part)) >= _FEWEST_WORDS:
            yield _unstopped(part)


def _unstopped(text: str) -> str:
    return text.strip(_EDGES).removesuffix(".")


def _read(text: str) -> str:
    # Control characters go first: without them "</t\fhink>" is an end of thinking.
    said = unwrap(drop_reasoning(keep_printable(text)))
    lines = {line.strip() for line in said.splitlines()} - {""}
    return lines.pop() if len(lines) == 1 else said

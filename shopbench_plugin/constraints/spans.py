"""Regular expressions for answers that are spans of a text: an excerpt of a review, the entities of a query."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from shopbench_plugin.constraints.patterns import escape
from shopbench_plugin.core.words import closing_mark, find_words, is_unspaced

_LONGEST_EXCERPT: Final = 8
_MOST_WORDS: Final = 400
_LONGEST_WORD: Final = 40
_SENTENCE_END: Final = re.compile(r"[\n\r.!?]")

_MOST_ENTITIES: Final = 6
_LONGEST_ENTITY: Final = 8
_MOST_PIECES: Final = 40
_PIECE: Final = re.compile(r"\w+")
_ENTITY_END: Final = re.compile(r"[\n\r,;|\[\]{}\\\"“”]")


def excerpt_pattern(passage: str) -> str | None:
    """Return a pattern for one to eight consecutive words of `passage`, with the characters between them.

    Excerpts start and end with a word and stay within a sentence. 50 words take about 15 ms, 200 words 100 ms.

    Returns:
        None if an expression is impractical: no word, one of more than 40 letters, more than 400 words, or a script
        without blanks.
    """
    words = find_words(passage)
    if not _is_held(passage, words, _MOST_WORDS):
        return None
    return _any_run(passage, words, _LONGEST_EXCERPT, _SENTENCE_END, lambda _: "")


def entity_list_pattern(query: str | None) -> str:
    """Return a pattern for up to six entities of `query` on one line, separated by a comma and a blank.

    An entity is a run of the query's words or parts of words ("cd-r" of "cd-r's"), with a mark that may belong to it
    (54"). A query of ten words takes 8 ms. Without a query, or for one of more than 40 parts or in a script without
    blanks, any words are allowed except colons, quotes and brackets, which introductions and Python lists consist of
    (54 ms, once; an entity's length is left to the token limit, because counting it would take 2 s).
    """
    pieces = list(_PIECE.finditer(query or ""))
    entity = r'[^\s,:;"\[\]{}()][^\n\r,:;"\[\]{}]*'
    if query and _is_held(query, pieces, _MOST_PIECES):
        entity = _any_run(query, pieces, _LONGEST_ENTITY, _ENTITY_END, lambda end: closing_mark(query, end))
    return f"{entity}(, {entity}){{0,{_MOST_ENTITIES - 1}}}"


def _is_held(text: str, words: Sequence[re.Match[str]], most: int) -> bool:
    """Return whether `words` are few and short enough for an expression, in a script where runs of words make sense."""
    return 0 < len(words) <= most and len(max(words, key=_length).group()) <= _LONGEST_WORD and not is_unspaced(text)


def _length(word: re.Match[str]) -> int:
    return len(word.group())


def _any_run(
    text: str, words: Sequence[re.Match[str]], longest: int, parting: re.Pattern[str], mark_at: Callable[[int], str]
) -> str:
    """Return a pattern for up to `longest` consecutive `words` without anything `parting` between them."""
    starts = (_run_from(text, words[first : first + longest], parting, mark_at) for first in range(len(words)))
    return f"({'|'.join(dict.fromkeys(starts))})"


def _run_from(
    text: str, words: Sequence[re.Match[str]], parting: re.Pattern[str], mark_at: Callable[[int], str]
) -> str:
    """Return a pattern for the first of `words` and as many of the next ones as allowed."""
    count = 1 + next(
        (
            number
            for number, (left, right) in enumerate(pairwise(words))
            if parting.search(text, left.end(), right.start())
        ),
        len(words) - 1,
    )
    pattern = ""
    for number in reversed(range(count)):
        word = words[number]
        endings = [escape(mark_at(word.end())), pattern]
        tail = "|".join(filter(None, endings))
        between = escape(text[words[number - 1].end() : word.start()]) if number else ""
        pattern = between + escape(word.group()) + (f"({tail})?" if tail else "")
    return pattern

"""Regular expressions for answers, written for the engines that compile them into token masks.

Figures: xgrammar 0.2 on one core with a vocabulary of 150,000 tokens, compiled once per expression; a step then costs
0.01 ms whatever the expression.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from shopbench_plugin.words import find_words

_SPECIAL: Final = re.compile(r"([\\.^$|?*+()\[\]{}/-])")

_LONGEST_SPAN: Final = 8
_MOST_WORDS: Final = 400
_LONGEST_WORD: Final = 40
# A sentence's end or a line's end parts two runs of words.
_BREAK: Final = re.compile(r"[\n\r.!?]")

_MOST_ENTITIES: Final = 6


def escape(text: str) -> str:
    """Return `text` as a pattern that matches just it; re.escape also escapes blanks, which not every engine takes."""
    return _SPECIAL.sub(r"\\\1", text)


def distinct_labels_pattern(labels: Sequence[str], count: int) -> str:
    """Return a pattern for `count` different ones of `labels`, in any order, joined by commas.

    Every selection has its own branch: 3 of 15 make 7.5 kB and compile in 8 ms, 4 of 15 make 92 kB and 143 ms, all
    of 7 make 45 kB and 246 ms. Beyond that `any_labels_pattern` has to do.
    """
    if count == 1:
        return f"({'|'.join(escape(label) for label in labels)})"
    branches = (
        f"{escape(label)},{distinct_labels_pattern([other for other in labels if other != label], count - 1)}"
        for label in labels
    )
    return f"({'|'.join(branches)})"


def any_labels_pattern(labels: Sequence[str], count: int) -> str:
    """Return a pattern for `count` of `labels` joined by commas, repeated ones included."""
    one = f"({'|'.join(escape(label) for label in labels)})"
    return one if count == 1 else f"{one}(,{one}){{{count - 1}}}"


def entity_list_pattern() -> str:
    """Return a pattern for up to six entities on one line, parted by a comma and a blank (54 ms).

    Colons, quotes and brackets are left out: they are what introductions and Python lists are made of. The length of
    one entity isn't counted here: that would take 2 s to compile, and the token limit does it.
    """
    entity = r'[^\s,:;"\[\]{}()][^\n\r,:;"\[\]{}]*'
    return f"{entity}(, {entity}){{0,{_MOST_ENTITIES - 1}}}"


def span_pattern(passage: str) -> str | None:
    """Return a pattern for one to eight words in a row of `passage`, with what stands between them.

    Spans begin and end with a word and stay within a sentence. 200 words take about 100 ms, 400 words 250 ms.

    Returns:
        None where a span can't be held in an expression: no word, more than 400 words, or a script without blanks.
    """
    words = find_words(passage)
    if not 0 < len(words) <= _MOST_WORDS or any(len(word.group()) > _LONGEST_WORD for word in words):
        return None
    starts = dict.fromkeys(_span_from(passage, words[first : first + _LONGEST_SPAN]) for first in range(len(words)))
    return f"({'|'.join(starts)})"


def _span_from(passage: str, words: Sequence[re.Match[str]]) -> str:
    """Return a pattern for the first of `words` and as many of the next ones as belong to its sentence."""
    pieces = [escape(words[0].group())]
    for left, right in pairwise(words):
        between = passage[left.end() : right.start()]
        if _BREAK.search(between):
            break
        pieces.append(escape(between) + escape(right.group()))
    return "(".join(pieces) + ")?" * (len(pieces) - 1)

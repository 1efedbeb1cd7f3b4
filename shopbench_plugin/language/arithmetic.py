"""Whether a question asks for arithmetic, by the words of its instruction and the numbers among its options."""

from functools import cache, lru_cache

from shopbench_plugin.core.vocabulary import Routed
from shopbench_plugin.language.cue_search import CueSearch, WordedText


def asks_for_arithmetic(routed: Routed) -> bool:
    """Return whether an answer is calculated, counted or converted: by its wording, and most options have a number.

    "How many of these are red?" with colours as options doesn't ask for arithmetic.
    """
    texts = routed.answer_space.texts
    numbers = sum(any(map(str.isdigit, text)) for text in texts)
    return 2 * numbers >= len(texts) > 0 and _says_arithmetic(routed.layout.instruction)


@lru_cache(maxsize=256)
def _says_arithmetic(instruction: str) -> bool:
    return _search().occurs(WordedText(instruction))


@cache
def _search() -> CueSearch:
    return CueSearch(lambda language: language.wording.arithmetic)

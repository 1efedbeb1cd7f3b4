"""Whether a question asks for arithmetic, by the words of its instruction and the numbers among its options."""

from typing import Final

from shopbench_plugin.core.vocabulary import Routed
from shopbench_plugin.language.reading import compile_cue

_ARITHMETIC: Final = compile_cue(lambda language: language.wording.arithmetic)


def asks_for_arithmetic(routed: Routed) -> bool:
    """Return whether an answer is calculated, counted or converted: by its wording, and most options have a number.

    "How many of these are red?" with colours as options doesn't ask for arithmetic.
    """
    texts = routed.answer_space.texts
    numbers = sum(any(map(str.isdigit, text)) for text in texts)
    return 2 * numbers >= len(texts) > 0 and _ARITHMETIC.search(routed.layout.instruction) is not None

"""The language of a question, detected from its own wording."""

import re
from typing import Final

from shopbench_plugin.language.reading import read_languages
from shopbench_plugin.language.record import DEFAULT

_WORD: Final = re.compile(r"[^\W\d_]+")
_END_OF_SENTENCE: Final = re.compile(r"[.?!:\n]")
_FUNCTION_WORDS: Final = {code: frozenset(one.function_words.split()) for code, one in read_languages().items()}
_SCRIPTS: Final = {code: re.compile(one.script) for code, one in read_languages().items() if one.script}
_FEWEST_HITS: Final = 2
_FEWEST_CHARACTERS: Final = 4


def detect_language(instruction: str) -> str:
    """Return the code of the language of a question's instruction; English if in doubt.

    What the question is about (titles in quotation marks, reviews, descriptions, list items) is not part of the
    instruction: an English question about a German product is an English question. It is English when its first
    sentence is, and when it has two different English function words and no other language has more than twice as many.
    """
    instruction = instruction.strip()
    opening = _count_function_words(_END_OF_SENTENCE.split(instruction, maxsplit=1)[0])
    hits = _count_function_words(instruction)
    best = max(hits, key=lambda code: hits[code])
    english = hits.pop(DEFAULT)
    if opening[DEFAULT] >= max(_FEWEST_HITS, *opening.values()):
        return DEFAULT
    if english >= _FEWEST_HITS and max(hits.values()) <= 2 * english:
        return DEFAULT
    scripts = (code for code, script in _SCRIPTS.items() if len(script.findall(instruction)) >= _FEWEST_CHARACTERS)
    script = next(scripts, None)
    if script and hits.get(best, 0) <= _FEWEST_HITS:
        return script
    return best if hits.get(best, 0) >= _FEWEST_HITS else DEFAULT


def _count_function_words(text: str) -> dict[str, int]:
    words = {word.casefold() for word in _WORD.findall(text)}
    return {code: len(words & known) for code, known in _FUNCTION_WORDS.items()}

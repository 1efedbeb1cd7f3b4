"""What is removed from every answer first: reasoning, introductions, wrapping; and what its JSON contains."""

import json
import re
from typing import Any, Final

from shopbench_plugin.core.vocabulary import CHARACTERS_READ
from shopbench_plugin.postprocess.remarks import drop_remarks
from shopbench_plugin.postprocess.spoken import ANSWERS, IS, UNSPACED_ANSWERS, UNSPACED_IS
from shopbench_plugin.postprocess.turns import first_turn

_REASONING: Final = r"(?:think|thinking|thought|reasoning|reflection|scratchpad)"
_START_OF_REASONING: Final = re.compile(rf"<{_REASONING}>|\[THINK\]|<\|begin_of_thought\|>", re.IGNORECASE)
_END_OF_REASONING: Final = re.compile(rf"</{_REASONING}>|\[/THINK\]|<\|end_of_thought\|>", re.IGNORECASE)
_MARKER: Final = re.compile(rf"\b{ANSWERS}(?:\s+{IS})?\s*:?\s+|{UNSPACED_ANSWERS}(?:{UNSPACED_IS}|:)\s*", re.IGNORECASE)
_LONGEST_END: Final = 5_000
NO_ANSWER: Final = "none"
"""The answer if neither the model nor the question has a word; the evaluator can read it."""

_KEPT: Final = "\n\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""Characters to keep that Python calls unprintable: the no-break space of "10 kg" separates two words."""
_WRAPPINGS: Final = ('""', "''", "``", "“”", "„“", "«»", "「」", "『』", "**", "__")


def drop_reasoning(raw: str) -> str:
    """Return what the model's first turn says after the last end of a thinking block, or all of it without one.

    If a block never ends, the text before it counts; if there is none, the reasoning does.
    Dropping twice changes nothing.
    """
    while (said := _drop_reasoning_once(raw)) != raw:
        raw = said
    return raw


def keep_ends(said: str) -> str:
    """Return `said` without the middle of a text far longer than answers are: labels are at the start or the end."""
    return said if len(said) <= 2 * _LONGEST_END else f"{said[:_LONGEST_END]}\n{said[-_LONGEST_END:]}"


def _drop_reasoning_once(raw: str) -> str:
    said = _END_OF_REASONING.split(first_turn(raw))[-1]
    return next((piece for piece in _START_OF_REASONING.split(said) if piece.strip()), "")


def after_marker(text: str) -> str:
    """Return what follows the last "the answer is" or "Output:", "" if there is no such marker."""
    end = 0
    for match in _MARKER.finditer(text):
        end = match.end()
    return text[end:] if end else ""


def unwrap(text: str) -> str:
    """Return `text` without blanks, introductions and quotation marks around it; unwrapping twice changes nothing."""
    text = keep_printable(text).strip()[:CHARACTERS_READ].strip()
    while (inner := _unwrap_once(text)) != text:
        text = inner
    return text


def _unwrap_once(text: str) -> str:
    text = drop_remarks(text)
    if text.endswith(('".', "”.", "“.", "».", "」。")):
        text = text[:-1]
    if any(len(text) > 1 and text[0] == pair[0] and text[-1] == pair[1] for pair in _WRAPPINGS):
        text = text[1:-1]
    return text.strip()


def keep_printable(text: str) -> str:
    """Return `text` without control characters and the like; line ends, tabs and blanks of every width stay."""
    return "".join(character for character in text if character.isprintable() or character in _KEPT)


def find_json(text: str) -> Any:
    """Return the value of the first list or object in JSON within `text`, None without one."""
    start = re.search(r"[\[{]", text)
    try:
        return json.JSONDecoder().raw_decode(text, start.start())[0] if start else None
    except (ValueError, RecursionError):
        return None

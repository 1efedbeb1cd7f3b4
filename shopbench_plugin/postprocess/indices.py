"""Any text -> the indices of a ranking or a retrieval."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.language.numerals import narrow
from shopbench_plugin.postprocess.cleaning import after_marker, drop_reasoning, keep_ends
from shopbench_plugin.postprocess.exclusions import drop_excluded, read_exception
from shopbench_plugin.postprocess.items import NUMBER, READERS, complete_run, read_numbers
from shopbench_plugin.postprocess.mentions import find_mentions
from shopbench_plugin.postprocess.orders import (
    Reader,
    read_bullets,
    read_joined,
    read_json,
    read_pairs,
    read_range,
    read_ranks,
    read_scores,
    read_table,
    read_verdicts,
)
from shopbench_plugin.postprocess.spoken import (
    COMES_LAST,
    LEAST_TO_MOST,
    OPTION,
    THEREFORE,
)

_RISING: Final = re.compile(r"\A[^<>]*(?:<[^<>]*){2,}\Z")
_LAST: Final = re.compile(rf"({NUMBER})\)?\s+{COMES_LAST}\b", re.IGNORECASE)
_JOINED_NUMBER: Final = re.compile(rf"\b({OPTION})(?=\d)", re.IGNORECASE)
_NUMBER_SIGN: Final = re.compile(r"\bno\. ?(?=\d)", re.IGNORECASE)
_KEYCAP: Final = re.compile("[\ufe0f\u20e3]+")


def list_indices(raw: str, space: AnswerSpace, instruction: str = "") -> str:
    """Return the labels that `raw` names, joined by commas, without duplicates.

    Labels outside the list are dropped, more than asked for are cut, missing ones are added in list order. Special
    forms count first (JSON, tables, scores, verdicts, "all except", ranges), then what follows "the answer is",
    then the whole text, without what is excluded if not all items are asked for: places with their labels
    ("1. product 4"), a row of numbers if it is complete (the longest one, the last of equal ones: reasoning comes
    before the answer), the items' own texts, any numbers, letters for positions, number words, and words of the items'
    texts.

    Letters stay letters if the list has them: such a question requires them, as ECInstruct and its evaluation do.
    The challenge's own evaluator doesn't read letters, and no rule maps them to numbers. A ranking given from the last
    to the first is turned round, unless the question's `instruction` asks for such an order.
    """
    given = raw.strip().split(",")
    if len(given) == len(set(given)) and set(given) <= set(space.labels) and _is_enough(given, space):
        return ",".join(given)
    said = _plain_digits(keep_ends(drop_reasoning(raw)))
    named = list(dict.fromkeys(_read(said, space)))
    if _is_rising(said, space, named) and not LEAST_TO_MOST.search(instruction):
        named.reverse()
    named = named[: space.count]
    missing = [label for label in space.labels if label not in named][: max(0, space.labels_wanted - len(named))]
    return ",".join(_put_last(said, [*named, *missing], space))


def _put_last(said: str, order: list[str], space: AnswerSpace) -> list[str]:
    """Return a ranking with the items that "come last" at its end."""
    last = read_numbers(" ".join(_LAST.findall(said)), space) if space.wants_all else []
    return [label for label in order if label not in last] + [label for label in order if label in last]


def _is_enough(given: Sequence[str], space: AnswerSpace) -> bool:
    return space.labels_wanted <= len(given) <= (space.count or len(space.labels))


def _plain_digits(text: str) -> str:
    """Return `text` with digits of any script, in keys and in circles in ASCII."""
    circled = (
        f" {unicodedata.normalize('NFKC', character)} " if "①" <= character <= "⑳" else character for character in text
    )
    return _JOINED_NUMBER.sub(r"\1 ", _NUMBER_SIGN.sub("#", narrow(_KEYCAP.sub(" ", "".join(circled)))))


def _is_rising(said: str, space: AnswerSpace, named: Sequence[str]) -> bool:
    """Return whether a complete ranking is given from the last to the first."""
    is_complete = space.wants_all and len(named) == space.count
    return is_complete and (LEAST_TO_MOST.search(said) or _RISING.search(said)) is not None


def _read(said: str, space: AnswerSpace) -> list[str]:
    kept = drop_excluded(said, space)
    concluded, marked = _concluded(kept, space), after_marker(kept)
    line = marked.partition("\n")[0]
    for text, readers in (
        (said, _FORMS),
        (line if complete_run(line, space) else marked, READERS),
        (concluded, READERS),
        (kept, READERS),
        (said, READERS),
    ):
        for reader in readers:
            found = reader(text, space)
            if found:
                return found
    return []


def _concluded(text: str, space: AnswerSpace) -> str:
    """Return what follows the last "therefore" of a retrieval if it names the number of items asked for."""
    if space.wants_all:
        return ""
    rest = THEREFORE.split(text)[-1] if THEREFORE.search(text) else ""
    return rest if len({mention.label for mention in find_mentions(rest, space)}) >= (space.count or 1) else ""


_FORMS: Final[tuple[Reader, ...]] = (
    *(read_json, read_table, read_ranks, read_scores, read_pairs, read_verdicts, read_exception),
    *(read_range, read_bullets, read_joined),
)

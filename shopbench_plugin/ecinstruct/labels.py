"""Option labels: letters that are labels become numbers (A is 0)."""

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from string import ascii_uppercase
from typing import Any, NamedTuple

from shopbench_plugin.core.errors import shorten
from shopbench_plugin.ecinstruct.literals import parse_list
from shopbench_plugin.ecinstruct.rows import RowError

_LABELLED = re.compile(r"\s*([A-Z])[:.)] ?(.*)", re.DOTALL)
NUMBERS = {letter: str(number) for number, letter in enumerate(ascii_uppercase)}
_LABELS = [f"{letter}: " for letter in ascii_uppercase]
_TEXT = itemgetter(slice(len(_LABELS[0]), None))
_CACHED_LENGTH = 1_000


class Options(NamedTuple):
    """The options of a row.

    Attributes:
        texts: letter -> the option's exact text, in the row's order.
        lines: the options in the challenge's form, one "0. text" per line.
    """

    texts: dict[str, str]
    lines: str


def parse_options(text: str) -> Options:
    """Return the options that a row lists.

    Raises:
        RowError: the list can't be parsed, or an option has no unique letter.
    """
    if not text:
        raise RowError("has no options; fix or remove the row")
    return _parse_short_options(text) if len(text) <= _CACHED_LENGTH else _parse_options(text)


def _parse_options(text: str) -> Options:
    texts = split_labels(parse_list(text, "options"), "option")
    return Options(texts, "\n".join([f"{NUMBERS[letter]}. {option}" for letter, option in texts.items()]))


# Three of the four tasks with options list the same few options in every row.
_parse_short_options = lru_cache(maxsize=1024)(_parse_options)


def split_labels(items: Sequence[Any], what: str) -> dict[str, str]:
    """Return letter -> text for items like "A: text", in their order.

    Raises:
        RowError: an item has no letter, or two have the same letter.
    """
    if _are_labelled_in_order(items):
        return dict(zip(ascii_uppercase, map(_TEXT, items), strict=False))
    texts: dict[str, str] = {}
    for item in items:
        letter, text = _split_label(item, what)
        if letter in texts:
            raise RowError(f"two {what}s are labelled {letter}")
        texts[letter] = text
    return texts


def _are_labelled_in_order(items: Sequence[Any]) -> bool:
    """Return whether the items begin with "A: ", "B: " and so on, as in nearly all lists."""
    try:
        return len(items) <= len(_LABELS) and all(map(str.startswith, items, _LABELS))
    except TypeError:  # not text
        return False


def _split_label(item: object, what: str) -> tuple[str, str]:
    labelled = _LABELLED.fullmatch(item) if isinstance(item, str) else None
    if labelled is None:
        raise RowError(f"{what} without a letter: {shorten(item)}")
    return labelled[1], labelled[2]


def find_answer(output: str, options: Options) -> str:
    """Return the letter that `output` names: "B", "B: its text", or its text alone.

    Raises:
        RowError: it matches none of the options.
    """
    answer = output.strip()
    if answer in options.texts:
        return answer
    labelled = _LABELLED.fullmatch(answer)
    if labelled:
        letter, text = labelled.groups()
        if letter in options.texts and text.strip() in ("", options.texts[letter].strip()):
            return letter
    for letter, text in options.texts.items():
        if text.strip() == answer:
            return letter
    raise RowError(f"the output {shorten(output)} is not one of the options")

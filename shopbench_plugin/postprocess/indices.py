"""Any text -> the indices of a ranking or a retrieval."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from shopbench_plugin.numerals import NUMBER_WORDS, narrow
from shopbench_plugin.postprocess.cleaning import after_marker, drop_reasoning

_NUMBER: Final = r"(?<![\w.])\d{1,3}(?![\w]|\.\d)"
_RUN: Final = re.compile(rf"{_NUMBER}(?:[\s,;>\])(\[=&-]+{_NUMBER})+")
_TOKEN: Final = re.compile(_NUMBER)
_LETTER: Final = re.compile(r"(?<!\w)[A-Z](?![\w'’])")
_WORD: Final = re.compile(r"\w+")
_SHORTEST_TEXT: Final = 4


def list_indices(raw: str, labels: Sequence[str], texts: Sequence[str], *, at_least: int, at_most: int | None) -> str:
    """Return the labels that `raw` names, joined by commas, each once.

    Labels outside the list are dropped, what is beyond `at_most` is cut, what is missing to `at_least` is filled up in
    list order. A row of numbers counts first if it is complete (the longest one, of equal ones the last: reasoning
    comes before the answer), then the items' own texts, then any numbers, letters for positions, and number words.
    """
    said = narrow(drop_reasoning(raw))
    named = list(dict.fromkeys(_read(said, labels, texts, at_least)))[:at_most]
    missing = [label for label in labels if label not in named][: max(0, at_least - len(named))]
    return ",".join([*named, *missing])


def _read(said: str, labels: Sequence[str], texts: Sequence[str], complete: int) -> list[str]:
    known = set(labels)
    for text in (after_marker(said), said):
        readings = (
            _longest_run(text, known, complete),
            _texts_inside(text, labels, texts),
            _known(_TOKEN.findall(text), known),
            _letters(text, labels),
            _words(text, labels),
        )
        found = next((reading for reading in readings if reading), [])
        if found:
            return found
    return []


def _known(tokens: Iterable[str], known: set[str]) -> list[str]:
    plain = (token.lstrip("0") or "0" for token in tokens)
    return [token for token in plain if token in known]


def _longest_run(text: str, known: set[str], complete: int) -> list[str]:
    longest: list[str] = []
    for run in _RUN.finditer(text):
        found = list(dict.fromkeys(_known(_TOKEN.findall(run.group()), known)))
        if len(found) >= max(complete, len(longest)):
            longest = found
    return longest


def _texts_inside(text: str, labels: Sequence[str], texts: Sequence[str]) -> list[str]:
    plain = text.casefold()
    places = [
        (plain.find(item.casefold()), label)
        for label, item in zip(labels, texts, strict=False)
        if len(item) >= _SHORTEST_TEXT
    ]
    return [label for place, label in sorted(places, key=lambda pair: pair[0]) if place >= 0]


def _letters(text: str, labels: Sequence[str]) -> list[str]:
    letters = _LETTER.findall(text)
    if any(label.isalpha() for label in labels):
        return [letter for letter in letters if letter in labels]
    return [labels[ord(letter) - ord("A")] for letter in letters if ord(letter) - ord("A") < len(labels)]


def _words(text: str, labels: Sequence[str]) -> list[str]:
    values = (NUMBER_WORDS.get(word) for word in _WORD.findall(text.casefold()))
    if any(label.isalpha() for label in labels):
        numbers = [int(token) for token in _TOKEN.findall(text)]
        return [labels[number] for number in numbers if number < len(labels)]
    return [str(value) for value in values if value is not None and str(value) in labels]

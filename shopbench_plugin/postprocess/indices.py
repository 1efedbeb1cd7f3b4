"""Any text -> the indices of a ranking or a retrieval."""

import re
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.core.words import is_unspaced
from shopbench_plugin.language.numerals import NUMBER_WORDS, narrow
from shopbench_plugin.postprocess.cleaning import after_marker, drop_reasoning
from shopbench_plugin.postprocess.tokens import LETTER, NUMBER_END, NUMBER_START

_NUMBER: Final = rf"{NUMBER_START}(?<!\.)\d{{1,3}}{NUMBER_END}(?!\.\d)"
_RUN: Final = re.compile(rf"{_NUMBER}(?:[\s,;>\])(\[=&-]+{_NUMBER})+")
_TOKEN: Final = re.compile(_NUMBER)
# A place and the label that takes it: "Rank 1: product 4", "1. 4", "1) 4 2) 2". Without a word or a bracket before it,
# the label must stand alone or in front of the item's text ("1. 4. Work Gloves"): "1. 3 m ladder" names no product 3.
_NAMED: Final = (
    r"(?:the )?(?:product|item|option|number|candidate|snippet|index|produkt|nummer|producto|número|produit|numéro"
    r"|prodotto|numero|商品|番号)[ \t]*#?|[#\[(]"
)
_STANDS_ALONE: Final = r"(?=番?[ \t]*(?:$|[,;]|[.):]?[*]*$|[.):][ \t]+[^\W\d]|[ ](?:[-–(#]|rank|place|\d{1,2}[.):])))"
_PLACED: Final = re.compile(
    rf"(?<![\w.])(?P<place>\d{{1,2}})位?[.):][* \t]*"
    rf"(?:(?:{_NAMED})[ \t]*(?P<named>{_NUMBER})|(?P<bare>{_NUMBER}){_STANDS_ALONE})",
    re.IGNORECASE | re.MULTILINE,
)
_FEWEST_PLACES: Final = 2
_LETTER: Final = re.compile(LETTER)
_WORD: Final = re.compile(r"\w+")
_SHORTEST_PART: Final = 4


def list_indices(raw: str, space: AnswerSpace) -> str:
    """Return the labels that `raw` names, joined by commas, each once.

    Labels outside the list are dropped, more than asked for are cut, missing ones are filled up in list order. Places
    with the labels that take them ("1. product 4") count first, then a row of numbers if it is complete (the longest
    one, of equal ones the last: reasoning comes before the answer), then the items' own texts, then any numbers,
    letters for positions, and number words.

    Letters stay letters where the list has them: such a question wants them, as ECInstruct's do and its evaluation
    reads. The challenge's own evaluator reads no letter, and no rule tells which number it would take for one.
    """
    named = list(dict.fromkeys(_read(narrow(drop_reasoning(raw)), space)))[: space.count]
    missing = [label for label in space.labels if label not in named][: max(0, space.labels_wanted - len(named))]
    return ",".join([*named, *missing])


def _read(said: str, space: AnswerSpace) -> list[str]:
    for text in (after_marker(said), said):
        for reader in _READERS:
            found = reader(text, space)
            if found:
                return found
    return []


def _placed(text: str, space: AnswerSpace) -> list[str]:
    """Read labels behind places that count from 1, unless a complete row of labels follows them."""
    pairs = list(_PLACED.finditer(text))
    places = [int(pair["place"]) for pair in pairs]
    if len(pairs) < _FEWEST_PLACES or places != list(range(1, len(pairs) + 1)):
        return []
    found = [label for pair in pairs for label in _numbers(pair["named"] or pair["bare"], space)]
    return found if len(found) == len(pairs) and not _complete_run(text[pairs[-1].end() :], space) else []


def _complete_run(text: str, space: AnswerSpace) -> list[str]:
    longest: list[str] = []
    for run in _RUN.finditer(text):
        found = list(dict.fromkeys(_numbers(run.group(), space)))
        if len(found) >= max(space.labels_wanted, len(longest)):
            longest = found
    return longest


def _texts_inside(text: str, space: AnswerSpace) -> list[str]:
    plain = text.casefold()
    places = [
        (_find_text(item.casefold(), plain), label) for label, item in zip(space.labels, space.texts, strict=False)
    ]
    return [label for place, label in sorted(places, key=lambda pair: pair[0]) if place >= 0]


def _find_text(item: str, plain: str) -> int:
    """Return where an item's text stands, -1 where it doesn't; a short one ("bag") must not be a part of a word.

    A letter or a number alone is no text but what it says itself, a label or a position.
    """
    if len(item) >= _SHORTEST_PART or is_unspaced(item):
        return plain.find(item)
    if len(item) == 1 or not any(map(str.isalpha, item)):
        return -1
    found = re.search(rf"(?<!\w){re.escape(item)}(?!\w)", plain)
    return found.start() if found else -1


def _numbers(text: str, space: AnswerSpace) -> list[str]:
    known = set(space.labels)
    return [number for token in _TOKEN.findall(text) if (number := token.lstrip("0") or "0") in known]


def _letters(text: str, space: AnswerSpace) -> list[str]:
    letters = _LETTER.findall(text)
    if _has_letters(space):
        return [letter for letter in letters if letter in space.labels]
    positions = [ord(letter) - ord("A") for letter in letters if letter.isupper()]
    return [space.labels[position] for position in positions if position < len(space.labels)]


def _positions(text: str, space: AnswerSpace) -> list[str]:
    """Read number words, and numbers where labels are letters: A is 0, as after conversion."""
    if _has_letters(space):
        numbers = [int(token) for token in _TOKEN.findall(text)]
        return [space.labels[number] for number in numbers if number < len(space.labels)]
    values = [str(NUMBER_WORDS[word]) for word in _WORD.findall(text.casefold()) if word in NUMBER_WORDS]
    return [value for value in values if value in space.labels]


def _has_letters(space: AnswerSpace) -> bool:
    return any(label.isalpha() for label in space.labels)


_READERS: Final = (_placed, _complete_run, _texts_inside, _numbers, _letters, _positions)

"""Items that a text names by their labels, positions or texts, and readers of each form."""

import re
from collections.abc import Sequence
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.core.words import is_unspaced
from shopbench_plugin.language.phrases import one_of
from shopbench_plugin.language.reading import gather
from shopbench_plugin.postprocess.exclusions import read_everything
from shopbench_plugin.postprocess.likeness import texts_alike
from shopbench_plugin.postprocess.mentions import find_label, find_mentions, label_at, number_label
from shopbench_plugin.postprocess.orders import Reader
from shopbench_plugin.postprocess.spoken import AFTER_LETTERS, AND, ARTICLES, OPTION, ORDINALS, RANKS
from shopbench_plugin.postprocess.tokens import LETTER, NUMBER_END, NUMBER_START

NUMBER: Final = rf"{NUMBER_START}(?<!\.)\d{{1,3}}{NUMBER_END}(?!\.\d)"
_ANY_LABEL: Final = rf"(?:{NUMBER}|(?-i:\b[A-Z]\b(?!['’])))"
_RUN: Final = re.compile(rf"{_ANY_LABEL}(?:(?:[\s,;>\])(\[=&<≻→-]|{AND}\b)+{_ANY_LABEL})+", re.IGNORECASE)
_TOKEN: Final = re.compile(NUMBER)
# A place and its label: "Rank 1: product 4", "1. 4", "1) 4 2) 2". Without a word or a bracket before it,
# the label must be alone or before the item's text ("1. 4. Work Gloves"): "1. 3 m ladder" doesn't name product 3.
_NAMED: Final = rf"(?:{ARTICLES} )?{OPTION}[ \t]*#?|[#\[(]"
_BEHIND: Final = one_of(lambda language: language.speech.behind_numbers)
_BEFORE: Final = "".join(gather(lambda language: language.speech.before_numbers))
_STANDS_ALONE: Final = (
    rf"(?={_BEHIND}?[ \t]*(?:$|[,;]|[.):]?[*]*$|[.):][ \t]+[^\W\d]|[ ](?:[-–(#]|{RANKS}|\d{{1,2}}[.):])))"
)
_PLACED: Final = re.compile(
    rf"(?<!\.)(?:(?<=[{_BEFORE}])|(?<!\w))(?P<place>\d{{1,2}}){_BEHIND}?(?:[.):]|(?<=#\d)[ ](?={OPTION}))[* \t]*"
    rf"(?:(?:{_NAMED})[ \t]*(?P<named>{NUMBER})|(?P<bare>{NUMBER}){_STANDS_ALONE})",
    re.IGNORECASE | re.MULTILINE,
)
_LINE_NUMBER: Final = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_FEWEST_PLACES: Final = 2
_POINTED: Final = re.compile(
    rf"(?:\(|→\s*|->\s*){NUMBER}(?=\)|\s*(?:[,;\n]|\.?\s*\Z))|\b{OPTION} {NUMBER}:", re.IGNORECASE
)
_LETTER: Final = re.compile(LETTER)
_ARTICLE: Final = re.compile(rf"\bA (?!{AFTER_LETTERS}\b)(?=[a-z]{{2}})|\bI (?=[a-z])")
_WORD: Final = re.compile(r"\w+")
_SHORTEST_PART: Final = 4


def _placed(text: str, space: AnswerSpace) -> list[str]:
    """Read labels after places that count from 1, unless a complete row of labels follows them."""
    pairs = list(_PLACED.finditer(text))
    places = [int(pair["place"]) for pair in pairs]
    if len(pairs) < _FEWEST_PLACES or places != list(range(1, len(pairs) + 1)):
        return []
    found = [label for pair in pairs for label in read_numbers(pair["named"] or pair["bare"], space)]
    return found if len(found) == len(pairs) and not complete_run(text[pairs[-1].end() :], space) else []


def complete_run(text: str, space: AnswerSpace) -> list[str]:
    """Read the longest row of labels that has as many as asked for, the last of equal ones."""
    longest: list[str] = []
    for run in _RUN.finditer(text):
        found = list(dict.fromkeys(filter(None, (find_label(token, space) for token in _WORD.findall(run.group())))))
        if len(found) >= max(space.labels_wanted, len(longest)):
            longest = found
    return longest


def _pointed(text: str, space: AnswerSpace) -> list[str]:
    """Read several labels in brackets, after arrows or before colons: "strap (1)", "strap → 1", "item 1: strap"."""
    found = read_numbers(" ".join(_POINTED.findall(text)), space)
    return found if len(found) >= min(_FEWEST_PLACES, space.labels_wanted) else []


def _texts_inside(text: str, space: AnswerSpace) -> list[str]:
    plain = text.casefold()
    places = [
        (_find_text(item.casefold(), plain), label) for label, item in zip(space.labels, space.texts, strict=False)
    ]
    return [label for place, label in sorted(places, key=lambda pair: pair[0]) if place >= 0]


def _find_text(item: str, plain: str) -> int:
    """Return the position of an item's text, -1 if not found; a short one ("bag") must not be part of a word.

    A letter or a number alone is not a text, but a label or a position.
    """
    if len(item) >= _SHORTEST_PART or is_unspaced(item):
        return plain.find(item)
    if len(item) == 1 or not any(map(str.isalpha, item)):
        return -1
    found = re.search(rf"(?<!\w){re.escape(item)}(?!\w)", plain)
    return found.start() if found else -1


def _enough_texts_inside(text: str, space: AnswerSpace) -> list[str]:
    found = _texts_inside(text, space)
    unnumbered = _LINE_NUMBER.sub(" ", text)
    numbers = set((_letters if _has_letters(space) else read_numbers)(unnumbered, space))
    is_numbered = len(numbers) >= space.labels_wanted or (numbers and not space.wants_all)
    alike = texts_alike(text, space) if len(found) < space.labels_wanted and not is_numbered else []
    if len(found) < len(numbers) == space.labels_wanted and numbers.issuperset(found):
        return []
    best = max(found, alike, key=len)
    return best if not space.wants_all or len(best) >= len(numbers) else []


def read_numbers(text: str, space: AnswerSpace) -> list[str]:
    """Read every number that is a label."""
    return [label for token in _TOKEN.findall(text) if (label := find_label(token, space))]


def _letters(text: str, space: AnswerSpace) -> list[str]:
    letters = _LETTER.findall(_ARTICLE.sub(" ", text))
    if _has_letters(space):
        found = [label for letter in letters if (label := find_label(letter, space))]
        return found or [label for letter in letters if (label := find_label(letter.swapcase(), space))]
    letters = letters if _are_all(letters, text) else [*filter(str.isupper, letters)]
    return [label for letter in letters if (label := label_at(ord(letter.upper()) - ord("A"), space))]


def _are_all(letters: Sequence[str], text: str) -> bool:
    """Return whether `text` contains only letters."""
    words = [word for word in _WORD.findall(text) if not re.fullmatch(AND, word)]
    return len(words) <= len(letters)


def _positions(text: str, space: AnswerSpace) -> list[str]:
    """Read number words, and numbers if labels are letters: A is 0, as after conversion."""
    if _has_letters(space):
        numbers = [int(token) for token in _TOKEN.findall(text)]
        return [space.labels[number] for number in numbers if number < len(space.labels)]
    return [label for word in _WORD.findall(text.casefold()) if (label := number_label(word, space))]


def _ordinals(text: str, space: AnswerSpace) -> list[str]:
    found = [_ordinal_place(word) for word in _WORD.findall(text.casefold())]
    return [space.labels[place] for place in found if place is not None and place < len(space.labels)]


def _ordinal_place(word: str) -> int | None:
    return next((place for place, forms in enumerate(ORDINALS) if re.fullmatch(forms, word)), None)


def _mentioned(text: str, space: AnswerSpace) -> list[str]:
    """Read labels of any other form: "ii", "③"."""
    return [mention.label for mention in find_mentions(text, space)]


def _has_letters(space: AnswerSpace) -> bool:
    return any(label.isalpha() for label in space.labels)


READERS: Final[tuple[Reader, ...]] = (
    _placed,
    complete_run,
    _pointed,
    _enough_texts_inside,
    read_numbers,
    _letters,
    _positions,
    _ordinals,
    _mentioned,
    read_everything,
)
"""How a text names items, the surest way first."""

"""Any text -> one of the options of a multiple choice."""

import re
from collections.abc import Callable
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.core.words import is_unspaced
from shopbench_plugin.language.numerals import narrow, parse_number
from shopbench_plugin.postprocess.cleaning import after_marker, drop_reasoning
from shopbench_plugin.postprocess.tokens import LETTER, NUMBER_END, NUMBER_START

_WORD: Final = re.compile(r"\w+")
# A Japanese number before a counter is a quantity: "3個入り".
_TOKEN: Final = re.compile(
    rf"(?<![.,])(?:{NUMBER_START}\d{{1,3}}{NUMBER_END}(?![.,]\d|[個本枚袋箱円年歳人台冊])|{LETTER})"
)
_NEGATED: Final = re.compile(rf"\bnot (?:option )?{_TOKEN.pattern}", re.IGNORECASE)
_FEW_WORDS: Final = 3
_EDGES: Final = " \t\n.,:;!?()[]{}\"'*`"

_Reader = Callable[[str, AnswerSpace], str | None]


def choose_option(raw: str, space: AnswerSpace) -> str:
    """Return the label that `raw` means, the first one where it means none.

    What stands after a bar is the answer of a chain of thought where an option can be read there, unless the bar
    belongs to an option's own text; else the whole is read. Then the first way to read it that works counts: the label
    alone, the text of an option, a label after "the answer is", a label in front, an option's text somewhere, any
    label, a letter or a number word for the position, the option that shares most words.
    """
    if raw.strip() in space.labels:
        return raw.strip()
    if not space.labels:
        return ""
    said = narrow(drop_reasoning(raw)).strip(_EDGES)
    said = _NEGATED.sub(" ", said).strip(_EDGES) or said
    before_bar, _, after_bar = (part.strip(_EDGES) for part in said.rpartition("|"))
    answers = [(after_bar, _READERS_BEHIND_A_BAR), (said, _READERS)] if before_bar else [(said, _READERS)]
    readings = (reader(_drop_scale(text, space), space) for text, readers in answers for reader in readers)
    return _text_alone(said, space) or next(filter(None, readings), space.labels[0])


def _drop_scale(said: str, space: AnswerSpace) -> str:
    """Return `said` without the ends of a scale that it rates on: "On a scale of 1 to 5, I would say 2"."""
    if any(space.texts):
        return said
    low, high = space.labels[0], space.labels[-1]
    rest = re.sub(rf"{NUMBER_START}{low}\s*(?:[-–—~]|から|\w{{1,3}})\s*{high}{NUMBER_END}", " ", said)
    return rest.strip(_EDGES) or said


def _find_label(token: str, space: AnswerSpace) -> str | None:
    """Return the label that `token` spells, with leading zeros or without."""
    label = (token.lstrip("0") or "0") if token.isdigit() else token
    return label if label in space.labels else None


def _label_alone(said: str, space: AnswerSpace) -> str | None:
    return _find_label(said, space)


def _text_alone(said: str, space: AnswerSpace) -> str | None:
    wanted = _plain(said)
    return next(
        (label for label, text in zip(space.labels, space.texts, strict=False) if wanted and _plain(text) == wanted),
        None,
    )


def _label_in_front(said: str, space: AnswerSpace) -> str | None:
    token = _TOKEN.match(said)
    return _find_label(token.group(), space) if token else None


def _label_after_marker(said: str, space: AnswerSpace) -> str | None:
    rest = after_marker(said).strip(_EDGES)
    return _text_alone(rest, space) or _label_anywhere(rest, space) if rest else None


def _label_anywhere(said: str, space: AnswerSpace) -> str | None:
    return next(filter(None, (_find_label(token, space) for token in _TOKEN.findall(said))), None)


def _text_inside(said: str, space: AnswerSpace) -> str | None:
    plain = f" {_plain(said)} "
    inside = [
        (len(text), label)
        for label, text in zip(space.labels, map(_plain, space.texts), strict=False)
        if text and (text in plain if is_unspaced(text) else f" {text} " in plain)
    ]
    return max(inside, key=lambda pair: pair[0])[1] if inside else None


def _letter(said: str, space: AnswerSpace) -> str | None:
    """Read a letter as a position; in a longer sentence "A" is an article and "I" a person."""
    words = _WORD.findall(said)
    letters = [word for word in words if len(word) == 1 and "A" <= word <= "Z"] if len(words) <= _FEW_WORDS else []
    positions = (ord(letter) - ord("A") for letter in letters)
    return next((space.labels[position] for position in positions if position < len(space.labels)), None)


def _number_word(said: str, space: AnswerSpace) -> str | None:
    """Read "two", and numbers where labels are letters: A is 0, as after conversion."""
    has_letters = space.labels[0].isalpha()
    for number in map(parse_number, _WORD.findall(said)):
        if str(number) in space.labels:
            return str(number)
        if has_letters and number is not None and number < len(space.labels):
            return space.labels[number]
    return None


def _most_shared_words(said: str, space: AnswerSpace) -> str | None:
    words = set(_plain(said).split())
    shared = [len(words & set(_plain(text).split())) for text in space.texts]
    return space.labels[shared.index(max(shared))] if any(shared) else None


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


_READERS_BEHIND_A_BAR: Final[tuple[_Reader, ...]] = (_label_alone, _text_alone, _label_in_front, _letter, _number_word)
_READERS: Final[tuple[_Reader, ...]] = (
    _label_alone,
    _text_alone,
    _label_after_marker,
    _label_in_front,
    _text_inside,
    _label_anywhere,
    _letter,
    _number_word,
    _most_shared_words,
)

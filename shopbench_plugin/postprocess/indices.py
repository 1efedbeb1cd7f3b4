"""Any text -> the indices of a ranking or a retrieval."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.core.words import is_unspaced
from shopbench_plugin.language.numerals import narrow
from shopbench_plugin.language.phrases import one_of
from shopbench_plugin.language.reading import gather
from shopbench_plugin.postprocess.cleaning import after_marker, drop_reasoning, keep_ends
from shopbench_plugin.postprocess.exclusions import drop_excluded, read_everything, read_exception
from shopbench_plugin.postprocess.likeness import texts_alike
from shopbench_plugin.postprocess.mentions import find_label, find_mentions, number_label
from shopbench_plugin.postprocess.orders import (
    Reader,
    letters_as_positions,
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
    AFTER_LETTERS,
    AND,
    ARTICLES,
    COMES_LAST,
    LEAST_TO_MOST,
    OPTION,
    ORDINALS,
    RANKS,
    THEREFORE,
)
from shopbench_plugin.postprocess.tokens import LETTER, NUMBER_END, NUMBER_START

_NUMBER: Final = rf"{NUMBER_START}(?<!\.)\d{{1,3}}{NUMBER_END}(?!\.\d)"
_RUN: Final = re.compile(rf"{_NUMBER}(?:(?:[\s,;>\])(\[=&<≻→-]|{AND}\b)+{_NUMBER})+", re.IGNORECASE)
_TOKEN: Final = re.compile(_NUMBER)
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
    rf"(?:(?:{_NAMED})[ \t]*(?P<named>{_NUMBER})|(?P<bare>{_NUMBER}){_STANDS_ALONE})",
    re.IGNORECASE | re.MULTILINE,
)
_COLON_BEHIND: Final = re.compile(rf"\b{OPTION} ({_NUMBER}):", re.IGNORECASE)
_LINE_NUMBER: Final = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_FEWEST_PLACES: Final = 2
_POINTED: Final = re.compile(rf"(?:\(|→\s*|->\s*)({_NUMBER})(?=\)|\s*(?:[,;\n]|\.?\s*\Z))")
_LETTER: Final = re.compile(LETTER)
_ARTICLE: Final = re.compile(rf"\bA (?!{AFTER_LETTERS}\b)(?=[a-z]{{2}})|\bI (?=[a-z])")
_WORD: Final = re.compile(r"\w+")
_SHORTEST_PART: Final = 4
_RISING: Final = re.compile(r"\A[^<>]*(?:<[^<>]*){2,}\Z")
_LAST: Final = re.compile(rf"({_NUMBER})\)?\s+{COMES_LAST}\b", re.IGNORECASE)
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
    last = _numbers(" ".join(_LAST.findall(said)), space) if space.count == len(space.labels) else []
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
    is_ranking = space.count == len(space.labels) == len(named)
    return is_ranking and (LEAST_TO_MOST.search(said) or _RISING.search(said)) is not None


def _read(said: str, space: AnswerSpace) -> list[str]:
    kept = drop_excluded(said, space)
    concluded, marked = _concluded(kept, space), after_marker(kept)
    line = marked.partition("\n")[0]
    for text, readers in (
        (said, _FORMS),
        (line if _complete_run(line, space) else marked, _READERS),
        (concluded, _READERS),
        (kept, _READERS),
        (said, _READERS),
    ):
        for reader in readers:
            found = reader(text, space)
            if found:
                return found
    return []


def _concluded(text: str, space: AnswerSpace) -> str:
    """Return what follows the last "therefore" of a retrieval if it names the number of items asked for."""
    if space.count == len(space.labels):
        return ""
    rest = THEREFORE.split(text)[-1] if THEREFORE.search(text) else ""
    return rest if len({mention.label for mention in find_mentions(rest, space)}) >= (space.count or 1) else ""


def _placed(text: str, space: AnswerSpace) -> list[str]:
    """Read labels after places that count from 1, unless a complete row of labels follows them."""
    pairs = list(_PLACED.finditer(text))
    places = [int(pair["place"]) for pair in pairs]
    if len(pairs) < _FEWEST_PLACES or places != list(range(1, len(pairs) + 1)):
        return []
    found = [label for pair in pairs for label in _numbers(pair["named"] or pair["bare"], space)]
    return found if len(found) == len(pairs) and not _complete_run(text[pairs[-1].end() :], space) else []


def _headed(text: str, space: AnswerSpace) -> list[str]:
    """Read "Number 1: ... Number 3: ...": labels with a reason after each."""
    found = _numbers(" ".join(_COLON_BEHIND.findall(text)), space)
    return found if len(set(found)) >= min(_FEWEST_PLACES, space.labels_wanted) else []


def _complete_run(text: str, space: AnswerSpace) -> list[str]:
    longest: list[str] = []
    for run in _RUN.finditer(text):
        found = list(dict.fromkeys(_numbers(run.group(), space)))
        if len(found) >= max(space.labels_wanted, len(longest)):
            longest = found
    return longest


def _pointed(text: str, space: AnswerSpace) -> list[str]:
    """Read labels in brackets or after arrows, if there are several: "strap (1), sound (2)", "strap → 1"."""
    found = _numbers(" ".join(_POINTED.findall(text)), space)
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
    numbers = set((_letters if _has_letters(space) else _numbers)(unnumbered, space))
    is_numbered = len(numbers) >= space.labels_wanted or (numbers and space.count != len(space.labels))
    alike = texts_alike(text, space) if len(found) < space.labels_wanted and not is_numbered else []
    best = max(found, alike, key=len)
    return best if space.count != len(space.labels) or len(best) >= len(numbers) else []


def _numbers(text: str, space: AnswerSpace) -> list[str]:
    return [label for token in _TOKEN.findall(text) if (label := find_label(token, space))]


def _letters(text: str, space: AnswerSpace) -> list[str]:
    letters = _LETTER.findall(_ARTICLE.sub(" ", text))
    if _has_letters(space):
        found = [label for letter in letters if (label := find_label(letter, space))]
        return found or [label for letter in letters if (label := find_label(letter.swapcase(), space))]
    return letters_as_positions(letters if _are_all(letters, text) else [*filter(str.isupper, letters)], space)


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


_FORMS: Final[tuple[Reader, ...]] = (
    *(read_json, read_table, read_ranks, read_scores, read_pairs, read_verdicts, _headed, read_exception),
    *(read_range, read_joined),
)
_READERS: Final[tuple[Reader, ...]] = (
    _placed,
    _complete_run,
    _pointed,
    _enough_texts_inside,
    _numbers,
    _letters,
    _positions,
    _ordinals,
    _mentioned,
    read_everything,
)

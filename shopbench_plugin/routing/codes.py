"""Labels that running text explains: "E (exact), S (substitute)", "0 for no and 1 for yes", "negative (0)"."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from shopbench_plugin.core.words import is_unspaced
from shopbench_plugin.language.reading import cue

_CAPITAL_A: Final = ord("A")
_FEWEST_LETTERS: Final = 3
_LONGEST_MEANING: Final = 90
_SHORT_MEANING: Final = 30
"""A sentence of its own that is no longer may be a meaning: "E: exact. S: substitute."."""
_REACH: Final = 20
_LABEL: Final = r"(?P<label>(?-i:[A-Z])|\d)"
_LABEL_END: Final = r"(?![\d.,]\d)(?=[)\],.;]|\s|[^\x00-\x7f]|\Z)"
_CLAUSE_END: Final = re.compile(r"[,;.:()\[\]\n，、；。：（）]|\s[-–—]\s")
_SENTENCE_END: Final = re.compile(r"[.?!](?=\s)|[。？！]|\n\s*\n")
_EDGES: Final = " \t\n'\"“”„«»"
_MEANS: Final = cue(lambda language: language.scales.means)
_THEN: Final = cue(lambda language: language.scales.then)
_JOINT: Final = cue(lambda language: (*language.scales.or_, *language.scales.to))
_WORD_BEHIND: Final = r"(?=\s*[\"'“]?[^\W\d])"
_SIGNS: Final = (
    rf"\s*(?:[=:]|[-=]>|→){_WORD_BEHIND}|\s?\((?=[^()\d]{{1,60}}\)){_WORD_BEHIND}|\s[-–—]\s{_WORD_BEHIND}"
    r"|[-–—](?=[^\W\da-z])"
)
_BEFORE_MEANING: Final = re.compile(
    rf"(?<![\dA-Za-z])(?<!\d[.,])[(\[]?{_LABEL}"
    rf"(?:{_SIGNS}|[)\]]\s?{_WORD_BEHIND}|\s*\(?(?P<means>{_MEANS})(?!\w*\d){_WORD_BEHIND})",
    re.IGNORECASE,
)
"""A label before its meaning."""
_BEHIND_MEANING: Final = re.compile(
    rf"(?<=[^\W\d]),?\s*(?:(?P<means>{_THEN})\s*|[(\[]|=\s*|:\s+|->\s*|→\s*){_LABEL}{_LABEL_END}", re.IGNORECASE
)
_FREE: Final = re.compile(rf"(?:\A|[:,;.?(\[\n、，]|{_JOINT})\s*\Z", re.IGNORECASE)
"""The end of what may precede a letter."""
_JOINING: Final = re.compile(rf"\A(?:{_JOINT}|{_THEN})\s+|[,\s]+(?:{_JOINT})\s*(?:{_THEN})?\s*\Z", re.IGNORECASE)


class Codes(NamedTuple):
    """Two or more labels and what each means, in the order of the text."""

    labels: tuple[str, ...]
    texts: tuple[str, ...]


def find_codes(instruction: str) -> Codes | None:
    """Return the labels that an instruction explains, None without two of them.

    Letters must be in order from A, the initials of their meanings, or at least three.
    """
    for pattern, read in ((_BEFORE_MEANING, _meanings_behind), (_BEHIND_MEANING, _meanings_before)):
        for run in _runs(instruction, pattern):
            codes = Codes(tuple(place["label"] for place in run), tuple(read(instruction, run)))
            if _are_labels(codes):
                return codes
    return None


def _are_labels(codes: Codes) -> bool:
    in_order = all(ord(label) - _CAPITAL_A == place for place, label in enumerate(codes.labels))
    are_initials = all(map(str.startswith, map(str.upper, codes.texts), codes.labels))
    return codes.labels[0].isdigit() or in_order or are_initials or len(codes.labels) >= _FEWEST_LETTERS


def _runs(text: str, pattern: re.Pattern[str]) -> Iterator[list[re.Match[str]]]:
    """Yield the stretches of at least two different labels of one kind with only a short meaning between them."""
    run: list[re.Match[str]] = []
    for place in pattern.finditer(text):
        if not run or _continues(text, run, place):
            run.append(place)
        elif _is_free(text, place):
            if len(run) > 1:
                yield run
            run = [place]
    if len(run) > 1:
        yield run


def _continues(text: str, run: Sequence[re.Match[str]], place: re.Match[str]) -> bool:
    between, known = text[run[-1].end() : place.start()], [one["label"] for one in run]
    is_new = place["label"] not in known and place["label"].isdigit() == known[0].isdigit()
    end = _SENTENCE_END.search(between)
    is_short = not end or (len(between) <= _SHORT_MEANING and not between[end.end() :].strip())
    return is_new and is_short and len(between) <= _LONGEST_MEANING and _is_free(text, place)


def _is_free(text: str, place: re.Match[str]) -> bool:
    """Return whether a letter does not belong to the word before it, as in "vitamin C (ascorbic acid)"."""
    before = text[max(0, place.start() - _REACH) : place.start()]
    is_marked = place["means"] or place["label"].isdigit() or place.group()[0] in "[("
    return bool(is_marked) or _FREE.search(before) is not None


def _meanings_behind(text: str, run: Sequence[re.Match[str]]) -> Iterator[str]:
    for place, end in zip(run, [*(later.start() for later in run[1:]), len(text)], strict=True):
        meaning = _tidy(_CLAUSE_END.split(text[place.end() : end].lstrip(_EDGES))[0])
        is_initial = place.group().endswith(("]", ")")) and text[place.end() : place.end() + 1].islower()
        yield place["label"] + meaning if is_initial else meaning


def _meanings_before(text: str, run: Sequence[re.Match[str]]) -> Iterator[str]:
    """Yield what is said before each label; before the first one, no more than before the others."""
    starts = [0, *(place.end() for place in run)]
    said = [text[start : place.start()].strip(f"{_EDGES},;.)]") for start, place in zip(starts, run, strict=False)]
    first, *others = [_tidy(_CLAUSE_END.split(one)[-1]) for one in said]
    if is_unspaced(first):
        yield first[-max(map(len, others)) :]
    else:
        yield " ".join(first.split()[-max(len(one.split()) for one in others) :])
    yield from others


def _tidy(meaning: str) -> str:
    return _JOINING.sub("", meaning.strip(_EDGES)).strip(_EDGES)

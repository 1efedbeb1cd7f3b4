"""Labels that running text explains: "E (exact), S (substitute)", "0 for no and 1 for yes", "negative (0)"."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
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


class Codes(NamedTuple):
    """Two or more labels and what each means, in the order of the text."""

    labels: tuple[str, ...]
    texts: tuple[str, ...]


class _Patterns(NamedTuple):
    """What finds a label before its meaning, one after it, the end of what may precede a letter, and joining words."""

    before: re.Pattern[str]
    behind: re.Pattern[str]
    free: re.Pattern[str]
    joint: re.Pattern[str]


def find_codes(instruction: str) -> Codes | None:
    """Return the labels that an instruction explains, None without two of them.

    Letters must be in order from A, the initials of their meanings, or at least three.
    """
    patterns = _patterns()
    for pattern in (patterns.before, patterns.behind):
        for run in _runs(instruction, pattern):
            read = _meanings_behind if pattern is patterns.before else _meanings_before
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
    return bool(is_marked) or _patterns().free.search(before) is not None


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
    return _patterns().joint.sub("", meaning.strip(_EDGES)).strip(_EDGES)


@cache
def _patterns() -> _Patterns:
    means, then = cue(lambda language: language.scales.means), cue(lambda language: language.scales.then)
    joint = cue(lambda language: (*language.scales.or_, *language.scales.to))
    word = r"(?=\s*[\"'“]?[^\W\d])"
    signs = rf"\s*(?:[=:]|[-=]>|→){word}|\s?\((?=[^()\d]{{1,60}}\)){word}|\s[-–—]\s{word}|[-–—](?=[^\W\da-z])"
    before = (
        rf"(?<![\dA-Za-z])(?<!\d[.,])[(\[]?{_LABEL}(?:{signs}|[)\]]\s?{word}|\s*\(?(?P<means>{means})(?!\w*\d){word})"
    )
    behind = rf"(?<=[^\W\d]),?\s*(?:(?P<means>{then})\s*|[(\[]|=\s*|:\s+|->\s*|→\s*){_LABEL}{_LABEL_END}"
    free = rf"(?:\A|[:,;.?(\[\n、，]|{joint})\s*\Z"
    edge = rf"\A(?:{joint}|{then})\s+|[,\s]+(?:{joint})\s*(?:{then})?\s*\Z"
    return _Patterns(*(re.compile(one, re.IGNORECASE) for one in (before, behind, free, edge)))

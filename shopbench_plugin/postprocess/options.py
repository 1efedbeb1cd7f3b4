"""Any text -> one of the options of a multiple choice."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.language.numerals import narrow
from shopbench_plugin.postprocess.clauses import Clause, read_clauses
from shopbench_plugin.postprocess.cleaning import after_marker, drop_reasoning, keep_ends
from shopbench_plugin.postprocess.mentions import (
    TOKEN,
    WEAK,
    Mention,
    find_label,
    find_mentions,
    label_at,
    number_label,
    plain,
    unknown_option,
)
from shopbench_plugin.postprocess.polarity import opening_pole, pole_inside
from shopbench_plugin.postprocess.scales import drop_scale, read_rating, read_sentiment
from shopbench_plugin.postprocess.spoken import ANSWERS, BUT, CONCLUSION

_WORD: Final = re.compile(r"\w+")
_FEW_WORDS: Final = 3
_LONG_WORD: Final = 6
_EDGES: Final = " \t\n.,:;!?()[]{}\"'*`「」“”"
_DASHED: Final = re.compile(r"[*(\[\"]*(?P<label>\d{1,3}|[A-Z])[)\]*.\"]*\s+[-–—]\s")
_BOXED: Final = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_TEX: Final = re.compile(r"\\(?:text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}|\\[()\[\]]|\$")
_TAGGED: Final = re.compile(r"<(answer|output|response|final_answer)>(.*?)(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_ANSWER_KEY: Final = re.compile(
    rf"[\"'](?:final_?)?(?:option|choice|label|rating|score|prediction|{ANSWERS})"
    r"[\"']\s*:\s*(?P<value>\"[^\"]*\"|'[^']*'|[^,}\s]+)",
    re.IGNORECASE,
)

_Reader = Callable[[str, AnswerSpace], str | None]


def choose_option(raw: str, space: AnswerSpace) -> str:
    """Return the label that `raw` means, or the first one if it means none.

    The text after a bar is the answer of a chain of thought if an option can be read there, unless the bar
    belongs to an option's text; else the whole text is read. Then the first way to read it that works counts: the label
    or the text of an option alone, first on the first line; a rating in stars; a yes or no at the start; what the last
    conclusion names; the only option left; words of a scale; a letter or a number word for the position; the option
    that shares most words.
    """
    if raw.strip() in space.labels:
        return raw.strip()
    if not space.labels:
        return ""
    said = narrow(_unpack(keep_ends(drop_reasoning(raw)))).strip()
    before_bar, _, after_bar = (part.strip() for part in said.rpartition("|"))
    answers = [(after_bar, _READERS_BEHIND_A_BAR), (said, _READERS)] if before_bar else [(said, _READERS)]
    readings = (reader(text, space) for text, readers in answers for reader in readers)
    return _text_alone(said, space) or next(filter(None, readings), space.labels[0])


def _unpack(raw: str) -> str:
    """Return what is marked as the answer in a box, a tag or JSON, else `raw`."""
    tagged = _TAGGED.findall(raw)
    raw = tagged[-1][1] if tagged else raw
    boxed = _BOXED.findall(raw)
    raw = _TEX.sub(r"\1", boxed[-1] if boxed else raw)
    keyed = _ANSWER_KEY.findall(raw)
    return keyed[-1] if keyed else raw


def _label_alone(said: str, space: AnswerSpace) -> str | None:
    said = said.strip(_EDGES)
    return find_label(said, space) or (find_label(said.swapcase(), space) if len(said) == 1 else None)


def _text_alone(said: str, space: AnswerSpace) -> str | None:
    wanted = plain(said)
    texts = zip(space.labels, space.texts, strict=False)
    return next((label for label, text in texts if wanted and plain(text) == wanted), None)


def _label_in_front(said: str, space: AnswerSpace) -> str | None:
    token = TOKEN.match(said.lstrip(_EDGES))
    return find_label(token.group(), space) if token else None


def _mention_in_front(said: str, space: AnswerSpace) -> str | None:
    mentions = find_mentions(said, space)
    return mentions[0].label if mentions and not said[: mentions[0].start].strip(_EDGES) else None


def _first_line(said: str, space: AnswerSpace) -> str | None:
    """Read a first line that is only an option, unless the following text retracts it."""
    line, _, rest = said.partition("\n")
    line = line.strip(_EDGES)
    if not rest or BUT.search(rest) or _list_length(rest, space) > 1:
        return None
    label = _label_in_front(line, space)
    text = TOKEN.sub("", line, count=1).strip(_EDGES) if label else ""
    if label and (not text or _text_alone(text, space) == label):
        return label
    return _text_alone(line, space)


def _list_length(rest: str, space: AnswerSpace) -> int:
    """Return how many lines of `rest` begin with a label: those of a list that goes through all options."""
    return sum(_label_in_front(line.strip(_EDGES), space) is not None for line in rest.splitlines())


def _concluded(said: str, space: AnswerSpace) -> str | None:
    """Read the last conclusion that names an option, else the first clause that does."""
    said = said if any(space.texts) else drop_scale(said, space)
    clauses = read_clauses(said, find_mentions(said, space))
    for weight, order in ((2, -1), (1, 1), (0, -1)):
        chosen = [clause.chosen for clause in clauses if clause.weight == weight and _surest(clause.chosen) > WEAK]
        if chosen:
            if weight == 1 and (odd := _odd_one_out(clauses, space)):
                return odd
            best = ([one for one in chosen if len({mention.label for mention in one}) == 1] or chosen)[::order]
            return _first_surest(best[0] if weight != 1 else max(best, key=_surest))
    return _what_is_left(clauses, space)


def _in_front_of_reasons(said: str, space: AnswerSpace) -> str | None:
    """Read "0 – the others (1, 2) have no use": a label, a dash, and text that neither concludes nor retracts."""
    front = _DASHED.match(said)
    if not front or BUT.search(said) or CONCLUSION.search(said, front.end()):
        return None
    return find_label(front["label"], space)


def _surest(mentions: Sequence[Mention]) -> int:
    return max((mention.strength for mention in mentions), default=0)


def _first_surest(mentions: Sequence[Mention]) -> str:
    return max(mentions, key=lambda mention: mention.strength).label


def _odd_one_out(clauses: Sequence[Clause], space: AnswerSpace) -> str | None:
    """Read "0, 1 and 3 are fruits, 2 isn't": the only option that is excluded, where all others are named together."""
    excluded = {mention.label for clause in clauses for mention in clause.excluded}
    others = {*space.labels} - excluded
    together = len(excluded) == 1 < len(others) and any(
        {m.label for m in clause.chosen} == others for clause in clauses
    )
    return next(iter(excluded)) if together else None


def _what_is_left(clauses: Sequence[Clause], space: AnswerSpace) -> str | None:
    """Read the only option that isn't excluded, or the one that says that the answer is unknown."""
    excluded = {mention.label for clause in clauses for mention in clause.excluded}
    left = [label for label in space.labels if label not in excluded]
    if excluded and len(left) == 1:
        return left[0]
    unknown = unknown_option(space)
    return unknown if unknown in left and excluded else None


def _marked(said: str, space: AnswerSpace) -> str | None:
    """Read the text after "the answer is" that is not a complete mention."""
    rest = after_marker(said).strip(_EDGES)
    return next(filter(None, (reader(rest, space) for reader in _SHORT_READERS)), None) if rest else None


def _weak_label(said: str, space: AnswerSpace) -> str | None:
    labels = (find_label(token, space) for token in TOKEN.findall(said))
    return next(filter(None, labels), None)


def _letter(said: str, space: AnswerSpace) -> str | None:
    """Read a letter as a position; in a longer sentence "A" is an article and "I" a person."""
    words = _WORD.findall(said)
    letters = [word for word in words if len(word) == 1 and "A" <= word <= "Z"] if len(words) <= _FEW_WORDS else []
    positions = (label_at(ord(letter) - ord("A"), space) for letter in letters)
    return next(filter(None, positions), None)


def _lettered(said: str, space: AnswerSpace) -> str | None:
    """Read letters as positions where a sentence weighs several of them: "A and C don't fit, so B"."""
    letters = tuple(chr(ord("A") + place) for place in range(len(space.labels)))
    lettered = replace(space, labels=letters)
    several = {mention.label for mention in find_mentions(said, lettered)} if space.labels[0].isdigit() else ()
    concluded = _concluded(said, lettered) if len(several) > 1 else None
    return concluded and label_at(letters.index(concluded), space)


def _number_word(said: str, space: AnswerSpace) -> str | None:
    """Read "two", and numbers if labels are letters: A is 0, as after conversion."""
    has_letters = space.labels[0].isalpha()
    for word in _WORD.findall(said):
        label = number_label(word, space)
        if label is None and has_letters and word.isascii() and word.isdigit():
            label = label_at(int(word[:9]), space)
        if label is not None:
            return label
    return None


def _stem(word: str) -> str:
    """Return a word without an ending, so that "complementary" and "contradicts" name their options."""
    return word[: max(_LONG_WORD, len(word) - 2)]


def _most_shared_words(said: str, space: AnswerSpace) -> str | None:
    words = set(plain(said).split())
    of_texts = {word for text in space.texts for word in plain(text).split() if len(word) >= _LONG_WORD}
    words |= {word for word in of_texts if any(map(str.startswith, words, repeat(_stem(word))))}
    shared = [len(words & set(plain(text).split())) for text in space.texts]
    return space.labels[shared.index(max(shared))] if any(shared) else None


_SHORT_READERS: Final[tuple[_Reader, ...]] = (_label_alone, _text_alone, _letter, _number_word)
_READERS_BEHIND_A_BAR: Final[tuple[_Reader, ...]] = (
    *(_label_alone, _text_alone, _mention_in_front, _letter, _number_word),
)
_READERS: Final[tuple[_Reader, ...]] = (
    _label_alone,
    _text_alone,
    _first_line,
    read_rating,
    opening_pole,
    _in_front_of_reasons,
    _concluded,
    pole_inside,
    _marked,
    read_sentiment,
    _weak_label,
    _lettered,
    _letter,
    _number_word,
    _most_shared_words,
)

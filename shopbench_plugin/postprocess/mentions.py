"""Where a text mentions the options of a question, and how certain each mention is."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.core.words import SPACED_CHARACTER, is_unspaced
from shopbench_plugin.language.numerals import number_words
from shopbench_plugin.language.phrases import one_of, spaced, unspaced
from shopbench_plugin.language.reading import gather
from shopbench_plugin.postprocess.spoken import AFTER_LETTERS, ARTICLES, LAST, NOT, OPTION, ORDINALS, UNKNOWN
from shopbench_plugin.postprocess.tokens import LETTER, NUMBER_END, NUMBER_START

_COUNTERS: Final = "".join(gather(lambda language: language.speech.counters))
# A number before a counter is a quantity, as in Japanese "3個入り"; so is one within a sum.
TOKEN: Final = re.compile(
    rf"(?<![.,])(?<!\d [-+x×*/=] )(?:{NUMBER_START}\d{{1,3}}{NUMBER_END}(?![.,]\d|[{_COUNTERS}])"
    rf"(?! ?[×*/=+] ?\d| x \d)|{LETTER})"
)
_NAMED: Final = re.compile(
    rf"(?<![^\W\d_]){OPTION}[ \t]*[#:]{{0,2}}(?P<opened>[(\[*]{{1,3}})?[ \t]*"
    rf"(?:{NUMBER_START}(?P<number>\d{{1,3}}){NUMBER_END}(?!\.\d)"
    rf"|(?P<letter>{LETTER})|(?P<word>[^\W\d_]+))(?(opened)[)\]*]{{0,3}})",
    re.IGNORECASE,
)
_BRACKETED: Final = re.compile(r"[(\[*]{1,3}(?P<label>\d{1,3}|[A-Za-z])[)\]*]{1,3}")
# After a label these words continue the sentence; before any other word a number is a quantity ("2 pros").
_GOES_ON: Final = re.compile(rf"[ ]+{one_of(lambda language: language.speech.continuations)}\b", re.IGNORECASE)
_LOWER_WORD: Final = re.compile(r"[ -]+(?![A-Z\d])[^\W\d_]{2,}")
_BETWEEN: Final = " .:)]*_\"'“"
_TEXT_END: Final = re.compile(r"[\s.!*)]*\Z")
_LETTERS: Final = "".join(gather(lambda language: language.speech.lone_letters))
_ARTICLE: Final = re.compile(rf"[AI{_LETTERS}][ ](?!{AFTER_LETTERS}\b)[^\W\d]")
_PLAIN_LABEL: Final = re.compile(r"\d{1,3}|[A-Za-z]")
_WORD: Final = re.compile(r"[^\W_]+")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?")
_AMOUNT: Final = re.compile(rf"{_NUMBER.pattern}(?=[ ]?[^\W\d])")
_ADJECTIVE: Final = re.compile(r"[^\W\d_]{4,}o")
"""What has another form for women in Spanish, Italian and Portuguese: "neutro"."""
_HEAD: Final = re.compile(r"[^\W\d][^,;:()\n–—]{4,60}(?=,|\s[(–—-])")
"""The name of a product before its specification: "Olive oil, 500 ml"."""
_PLACES: Final = "|".join(f"(?P<n{place}>{words})" for place, words in enumerate(ORDINALS))
_ONE: Final = spaced(lambda language: language.speech.one)
_UNSPACED_ONE: Final = unspaced(lambda language: language.speech.one)
_ORDINAL: Final = re.compile(
    rf"(?<![^\W_])(?:{ARTICLES} )?(?:{_PLACES}|(?P<last>{LAST}))"
    rf"(?:\s+(?:{_ONE}|{OPTION})(?![^\W_])|(?=[\s.]*\Z)|{_UNSPACED_ONE})",
    re.IGNORECASE,
)

WEAK: Final = 1
PLAIN: Final = 2
STRONG: Final = 3
SUREST: Final = 4


@dataclass(frozen=True, slots=True)
class Mention:
    """A place of a text that names an option: from `start` to `end`, WEAK to SUREST by how certain it is."""

    start: int
    end: int
    label: str
    strength: int


@dataclass(frozen=True, slots=True)
class _Options:
    """What to find, built once per answer space: labels by spelling, regular expressions of texts."""

    labels: dict[str, str]
    texts: re.Pattern[str] | None
    label_by_text: dict[str, str]
    unknown: str | None


def find_mentions(said: str, space: AnswerSpace) -> list[Mention]:
    """Return the mentions of options in `said`, in order; if two overlap, the longer one."""
    options = _prepare(space)
    found = [*_texts(said, options), *_named(said, space), *_bracketed(said, options), *_bare(said, options)]
    found += _ordinals(said, space)
    if options.unknown:
        found += [Mention(*place.span(), options.unknown, STRONG) for place in UNKNOWN.finditer(said)]
    return _join(said, _drop_overlaps(found))


def find_label(token: str, space: AnswerSpace) -> str | None:
    """Return the label that `token` spells, with leading zeros or without, else the label at a letter's position."""
    return _prepare(space).labels.get(_spell(token))


def label_at(position: int, space: AnswerSpace) -> str | None:
    """Return the label of the option at a position, counted from 0; None beyond the last one."""
    return space.labels[position] if 0 <= position < len(space.labels) else None


def plain(text: str) -> str:
    """Return the words of `text` in lower case, separated by spaces."""
    return " ".join(_WORD.findall(text.casefold()))


def unknown_option(space: AnswerSpace) -> str | None:
    """Return the label of the option that says that the answer is unknown."""
    return _prepare(space).unknown


@lru_cache(maxsize=1024)
def _prepare(space: AnswerSpace) -> _Options:
    texts = [(label, text.strip()) for label, text in zip(space.labels, space.texts, strict=False)]
    by_text: dict[str, str] = {}
    for label, text in texts:
        if text and _spell(text) not in space.labels:
            by_text.setdefault(plain(text), label)
    longest_first = sorted((text for _, text in texts), key=len, reverse=True)
    pattern = [_words_pattern(text for text in longest_first if plain(text) in by_text)]
    labels = {_spell(label): label for label in space.labels}
    amounts = {label: found.group() for label, text in texts if (found := _AMOUNT.match(text))}
    for label, amount in amounts.items():
        if list(amounts.values()).count(amount) == 1 and _spell(amount) not in labels:
            by_text.setdefault(plain(amount), label)
            pattern.append(rf"(?<![\w.,]){re.escape(amount)}(?![\w]|[.,]\d)")
    heads = {label: found.group().strip() for label, text in texts if (found := _HEAD.match(text))}
    wordy = {head: label for label, head in heads.items() if list(heads.values()).count(head) == 1}
    wordy |= {spelt: label for spelt, label in labels.items() if not _PLAIN_LABEL.fullmatch(spelt)}  # "ii"
    wordy |= {f"{text[:-1]}a": label for label, text in texts if _ADJECTIVE.fullmatch(text)}
    for spelt, label in wordy.items():
        by_text.setdefault(plain(spelt), label)
    pattern.append(_words_pattern(wordy))
    by_text.pop("", None)
    compiled = re.compile("|".join(filter(None, pattern)), re.IGNORECASE) if by_text else None
    unknown = [label for label, text in texts if UNKNOWN.search(text)]
    return _Options(labels, compiled, by_text, unknown[0] if len(unknown) == 1 else None)


def _spell(token: str) -> str:
    """Return a label as it is compared: in ASCII if possible, without leading zeros."""
    token = unicodedata.normalize("NFKC", token)
    return (token.lstrip("0") or "0") if token.isdigit() else token


def _words_pattern(texts: Iterable[str]) -> str:
    """Return a pattern of the words of any of `texts`, the first that fits; empty if there are no words.

    The set of characters that end a word takes a millisecond to compile: it is once before and after each run of texts.
    """
    runs = []
    for is_open, run in groupby(texts, is_unspaced):
        words = [r"[\W_]+".join(map(re.escape, _WORD.findall(text))) for text in run]
        inner = "|".join(filter(None, words))
        runs.append(inner if is_open or not inner else rf"(?<!{SPACED_CHARACTER})(?:{inner})(?!{SPACED_CHARACTER})")
    return "|".join(filter(None, runs))


def _texts(said: str, options: _Options) -> Iterator[Mention]:
    for place in options.texts.finditer(said) if options.texts else ():
        label = options.label_by_text.get(plain(place.group()))
        if label is not None:
            yield Mention(*place.span(), label, PLAIN if _NUMBER.fullmatch(place.group()) else STRONG)


def _named(said: str, space: AnswerSpace) -> Iterator[Mention]:
    """Yield what follows the word "option" or a synonym: a label, or a letter or a number word for one."""
    for place in _NAMED.finditer(said):
        label = find_label(place["number"] or place["letter"] or "", space)
        if (
            label is None
            and place["letter"]
            and space.labels[0].isdigit()
            and not _ARTICLE.match(said, place.start("letter"))
        ):
            label = label_at(ord(place["letter"].upper()) - ord("A"), space)
        if label is None and place["letter"]:
            label = find_label(place["letter"].swapcase(), space)
        if label is None and place["number"] and space.labels[0].isalpha():
            label = label_at(max(int(place["number"]), 1) - 1, space)
        if label is None and place["word"]:
            label = number_label(place["word"], space)
        if label is not None:
            yield Mention(*place.span(), label, STRONG)


def number_label(word: str, space: AnswerSpace) -> str | None:
    """Return the label that a number word spells."""
    number = number_words().get(word.casefold())
    return None if number is None else find_label(str(number), space)


def _bracketed(said: str, options: _Options) -> Iterator[Mention]:
    for place in _BRACKETED.finditer(said):
        label = options.labels.get(_spell(place["label"]))
        if label is not None:
            yield Mention(*place.span(), label, STRONG)


def _bare(said: str, options: _Options) -> Iterator[Mention]:
    for place in TOKEN.finditer(said):
        label = options.labels.get(_spell(place.group()))
        if label is None or (label.isalpha() and _ARTICLE.match(said, place.start())):
            continue
        goes_on = _GOES_ON.match(said, place.end()) or NOT.match(said, place.end() + 1)
        is_quantity = _LOWER_WORD.match(said, place.end()) and not goes_on
        if label.isalpha() and _TEXT_END.match(said, place.end()):
            yield Mention(*place.span(), label, SUREST)
        else:
            yield Mention(*place.span(), label, WEAK if is_quantity and label.isdigit() else PLAIN)


def _ordinals(said: str, space: AnswerSpace) -> Iterator[Mention]:
    for place in _ORDINAL.finditer(said):
        name = str(place.lastgroup)
        label = label_at(len(space.labels) - 1 if name == "last" else int(name[1:]), space)
        if label is not None:
            yield Mention(*place.span(), label, STRONG)


def _join(said: str, mentions: Iterable[Mention]) -> list[Mention]:
    """Return the mentions with a label and the text right behind it ("C: complement") as one."""
    joined: list[Mention] = []
    for mention in mentions:
        last = joined[-1] if joined else None
        if last and last.label == mention.label and not said[last.end : mention.start].strip(_BETWEEN):
            joined[-1] = Mention(last.start, mention.end, last.label, max(last.strength, mention.strength))
        else:
            joined.append(mention)
    return joined


def _drop_overlaps(found: Iterable[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    end = -1
    for mention in sorted(found, key=lambda mention: (mention.start, -mention.end, -mention.strength)):
        if mention.start >= end:
            kept.append(mention)
            end = mention.end
    return kept

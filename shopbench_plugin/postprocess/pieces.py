"""The pieces of a text that name entities: values of JSON, lines with the requested key, parts of sentences."""

import re
from collections.abc import Iterator
from typing import Any, Final

from shopbench_plugin.language.phrases import one_of
from shopbench_plugin.language.reading import cue
from shopbench_plugin.postprocess.cleaning import find_json
from shopbench_plugin.postprocess.spans import contains
from shopbench_plugin.postprocess.spoken import AND, ANSWERS, ARTICLES, BUT, DENIALS, IS, UNSPACED_AND, UNSPACED_IS

_VALUE_KEYS: Final = re.compile(r"entit(?:y|ies)|text|value|name|phrase|span|word|mention|token", re.IGNORECASE)
_TYPE_KEYS: Final = re.compile(r"(?:entity_?)?type|label|category|kind|attribute", re.IGNORECASE)
_KIND_KEYS: Final = re.compile(r"type|label|category|kind|confidence|score|start|end|reason|explanation", re.IGNORECASE)
# Kinds of entities of which a query joins several with "and"; a brand or a product may have it in its name.
_NAMES: Final = re.compile(rf"{one_of(lambda language: language.speech.names)}s?", re.IGNORECASE)
_KINDS: Final = re.compile(rf"{_NAMES.pattern}|{cue(lambda language: language.wording.kinds)}", re.IGNORECASE)
_QUOTED_KIND: Final = re.compile(r"['\"‘“„«「]([^'\"’”“»」\n]{2,40})['\"’”“»」]")
_JOINT: Final = re.compile(rf"\s*(?:[&+]|/(?!\d)|\b{AND}\b(?=\W+\w)|{UNSPACED_AND})\s*", re.IGNORECASE)
_ALSO: Final = one_of(lambda language: language.speech.also)
_AND: Final = re.compile(rf"\s+{AND}\s+(?:{_ALSO} )?|{UNSPACED_AND}", re.IGNORECASE)
_SIGN: Final = re.compile(r"\s[&+]\s|\s?/\s?")
_KEYED: Final = re.compile(r"^\W*(?P<key>[^\W\d]+(?: [^\W\d]+)?)\s*(?:[:：=]|->|→)\s*(?P<value>\S.*)$", re.MULTILINE)
_NOTED: Final = re.compile(r"(?P<value>[^;()\n]{1,160}?)\s?\((?P<key>[^\W\d]+(?: [^\W\d]+)?)\)")
_SENTENCE_END: Final = re.compile(
    r"(?:(?<=[^\W\d]{2}[.!?\"'”])|(?<=[\"'”)][.!?]))\s+(?=[A-ZÄÖÜ\"])|(?<=[^\W\d]{4}[.!?])\s+|[。;；\n]"
    r"|,\s*(?=[^\W\d]{2,20}\s?[:=]\s)"
)
_DIGITS: Final = re.compile(r"\d+")
_ASIDE: Final = re.compile(r"\s*\([^()]{1,80}\)\s*\Z")
_EDGES: Final = " .,:;!?\"'`*“”„«»「」()[]"
_MARKER: Final = re.compile(rf"\b{ANSWERS} {IS}\b:?", re.IGNORECASE)
_COPULA: Final = re.compile(rf"\b{IS}\b:?|[:：=]|->|→|{UNSPACED_IS}", re.IGNORECASE)
_IS_OF_KIND: Final = re.compile(
    rf"(?P<entity>.{{1,200}}?)\W{{0,4}}\b(?:{IS}|{one_of(lambda language: language.speech.as_)})\b "
    rf"{ARTICLES}\s?(?P<kind>[^\W\d]+(?: [^\W\d]+)?)\W*\Z",
    re.IGNORECASE | re.DOTALL,
)
_KINDS_TOLD: Final = re.compile(
    rf"(?P<entity>[^,;]{{1,200}}?)\s(?:{IS}|{one_of(lambda language: language.speech.as_)})\s"
    rf"(?:{ARTICLES}\s?)?(?P<kind>[^\W\d]+(?: [^\W\d]+)?)(?:[,;.]\s?(?:{AND}\b|{BUT.pattern})?|\Z)",
    re.IGNORECASE,
)
_APART: Final = re.compile(rf",\s*(?={one_of(lambda language: language.speech.asides)}\s)", re.IGNORECASE)
_DENIED: Final = re.compile(rf"\s*{DENIALS}\b", re.IGNORECASE)


def values_of_json(text: str, question: str) -> list[str]:
    """Return the strings in JSON that may be entities: the values of keys that the question names, or of all keys."""
    return list(_texts(find_json(text), question))


def _texts(value: Any, question: str) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        rows = [row for row in value if isinstance(row, dict)]
        for inner in [row for row in rows if _is_asked(row, question)] or value:
            yield from _texts(inner, question)
    elif isinstance(value, dict):
        named = {key: inner for key, inner in value.items() if _VALUE_KEYS.fullmatch(key)}
        asked = {key: inner for key, inner in value.items() if contains(question, key)}
        for key, inner in (named or asked or value).items():
            if not _KIND_KEYS.fullmatch(key):
                yield from _texts(inner, question)


def _is_asked(row: dict[str, Any], question: str) -> bool:
    return any(_TYPE_KEYS.fullmatch(key) and contains(question, str(kind)) for key, kind in row.items())


def split_joined(entity: str, question: str) -> list[str]:
    """Return the entities that "red and blue" names; a brand or a product keeps an "and" in its name."""
    kinds = " ".join(filter(_KINDS.search, _QUOTED_KIND.findall(question))) or question
    first = _KINDS.search(kinds)
    if first and _NAMES.match(first.group()):
        # "The brands" are several, though each may be a "Johnson & Johnson".
        return [part for part in _AND.split(entity) if part] if first.group().endswith("s") else [entity]
    return [part for part in _JOINT.split(entity) if part]


def find_pieces(text: str, query: str, question: str) -> Iterator[str]:
    """Yield the pieces of `text` that may name an entity of `query`, without remarks and denials."""
    text = _MARKER.split(text)[-1].strip() or text
    for line in _of_asked_kind(text, question.replace(query, " ")):
        for sentence in filter(str.strip, _SENTENCE_END.split(line)):
            yield from _of_sentence(sentence, query, question)


def _of_asked_kind(text: str, question: str) -> list[str]:
    """Return the values of the keys that the question names if lines have several keys, else all of `text`."""
    keyed = [(place["key"], place["value"]) for place in _KEYED.finditer(text.replace(";", "\n"))]
    asked = [value for key, value in keyed if contains(question, key)]
    if asked and len({key.casefold() for key, _ in keyed}) > 1:
        return asked
    told = [key for key, kind in keyed if contains(question, kind.strip(_EDGES))]
    if told and len(told) < len(keyed):
        return told
    noted = [(place["value"], place["key"]) for place in _NOTED.finditer(text)]
    named = [value for value, key in noted if contains(question, key)]
    return named if named and len(named) < len(noted) else [text]


def _of_sentence(sentence: str, query: str, question: str) -> Iterator[str]:
    told = [(place["entity"], place["kind"]) for place in _KINDS_TOLD.finditer(sentence)]
    asked = [entity for entity, kind in told if contains(question, kind.removesuffix("s"))]
    if asked and len(asked) < len(told) and all(_shares(entity, query) for entity, _ in told):
        for entity in asked:
            yield from _split_unless(_AND, entity, query)
        return
    for stretch in _APART.split(sentence) if not contains(query, sentence) else [sentence]:
        part = stretch if contains(query, stretch) else _ASIDE.sub("", stretch)
        if _DENIED.match(part) and not contains(query, part.strip()):
            continue
        kind = _IS_OF_KIND.match(part)
        if kind and not contains(question, kind["kind"].split()[-1].removesuffix("s")):
            continue
        named = kind["entity"] if kind and _shares(kind["entity"], query) else _behind_copula(part, query)
        for piece in _split_unless(_AND, named, query):
            yield from _split_unless(_SIGN, piece, query)
        if stretch is not sentence and _shares(named, query) and _APART.search(sentence):
            return


def _split_unless(joint: re.Pattern[str], text: str, query: str) -> Iterator[str]:
    """Yield the parts of `text` between joints, except where the query has the joint between the same words."""
    start = 0
    for place in joint.finditer(text):
        before, behind = text[start : place.start()].split(), text[place.end() :].split()
        around = f"{before[-1] if before else ''}{place.group()}{behind[0] if behind else ''}"
        if not contains(query, around.strip(_EDGES)):
            yield text[start : place.start()]
            start = place.end()
    yield text[start:]


def _behind_copula(part: str, query: str) -> str:
    """Return what follows the last "is" or colon of a sentence if it names anything, else the sentence."""
    behind = _COPULA.split(part)[-1]
    return behind if not contains(query, part.strip()) and _shares(behind, query) else part


def _shares(text: str, query: str) -> bool:
    words = set(re.findall(r"[^\W_]{3,}", query.casefold()))
    numbers = set(_DIGITS.findall(query)) & set(_DIGITS.findall(text))
    return bool(numbers) or any(word in text.casefold() for word in words)

"""What a chat model adds around the requested text: introductions, headers, markdown, notes, follow-up offers."""

import json
import re
from typing import Final

from shopbench_plugin.language.phrases import one_of, spaced, unspaced
from shopbench_plugin.postprocess.spoken import ARTICLES, IS, UNSPACED_IS

_LABEL: Final = one_of(lambda language: language.remarks.texts)
_ADJECTIVE: Final = rf"(?:{one_of(lambda language: language.remarks.adjectives)}|{ARTICLES})"
_LANGUAGE: Final = one_of(lambda language: language.remarks.languages)
_OPENER: Final = one_of(lambda language: language.remarks.openers)
_LINK: Final = one_of(lambda language: language.remarks.links)
_IS_ANY: Final = rf"(?:{IS}|{UNSPACED_IS})"
_HEADER: Final = re.compile(
    rf"[*_#\s]{{0,8}}(?:(?:{_ADJECTIVE}\s+){{0,3}}(?:{_LANGUAGE}\s+)?(?:{_LABEL}|{_LANGUAGE})"
    rf"(?:\s+{one_of(lambda language: language.remarks.behind_texts)})?(?:\s\([^()\n]{{1,30}}\))?"
    rf"(?:\s+{_LINK}\b[^:：\n\"“„]{{1,60}})?)[*_\s]*"
    rf"(?:{_IS_ANY}?\s*[*_]*(?:[:：]|->|→|[-–—](?=\s))[*_]*|{_IS_ANY}\s*(?=[\"“„«「*']))\s*",
    re.IGNORECASE,
)
_PROPOSAL: Final = one_of(lambda language: language.remarks.proposals)
_SAID: Final = re.compile(
    rf"(?=[^\n:：]{{0,80}}\b(?:{_LABEL}|{_LANGUAGE}|{_PROPOSAL})\b)[^\"“„«\n:：]{{1,80}}\s"
    rf"(?:{_IS_ANY}|{one_of(lambda language: language.speech.as_)})[*_]*[:：]\s*(?=\S)",
    re.IGNORECASE,
)
_INTRODUCTION: Final = re.compile(
    rf"{_OPENER}\b(?=[^\n:：]{{0,100}}(?:{_LABEL}|{_LANGUAGE})|[^\n:：]{{0,100}}[:：]\s*[\n\"“„«「*])"
    rf"[^\n:：]{{0,100}}[:：]\s*|{_OPENER}[!.,]\s+",
    re.IGNORECASE,
)
_HEADLINE: Final = re.compile(
    rf"(?:#{{1,6}}[ ]|\*\*)(?:{_ADJECTIVE}\s+)?{_LABEL}(?:\*\*)?[ ]*\n\s*(?=\S)", re.IGNORECASE
)
_FINAL: Final = one_of(lambda language: language.remarks.finals)
_FINAL_HEADER: Final = re.compile(
    rf"\n[*_#\s]{{0,8}}(?:{_FINAL}\s(?:{_ADJECTIVE}\s)?{_LABEL}|{_LABEL}\s{_FINAL})"
    r"[*_]*[:：][*_]*\s*(?=\S)",
    re.IGNORECASE,
)
_MARKDOWN: Final = re.compile(r"(?:#{1,6}|[-*•>])[ \t]+(?=\S)")
_FENCE: Final = re.compile(r"```[a-z]*\n(.*?)\n?```", re.DOTALL)
_NOTE: Final = re.compile(
    rf"\n\s*(?=[(\[*_>]*{one_of(lambda language: language.remarks.notes)}\s?[*_]*[:：])"
    rf"|\n\s*(?:\n|-{{3,9}}\s*\n)\s*(?=\(|{spaced(lambda language: language.remarks.afterwords)}\b"
    rf"|{unspaced(lambda language: language.remarks.afterwords)})",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"\n\s{0,9}-{3,9}\s{0,9}\Z")
_TAGGED: Final = re.compile(r"<(?P<tag>\w{1,20})>(?P<text>.*)</(?P=tag)>", re.DOTALL)
_NUMBERED: Final = re.compile(r"1[.)] (?P<text>[^\W\d].*)")
_OFFER: Final = re.compile(
    rf"(?<=[.!?\w])[.!]?\s+{one_of(lambda language: language.remarks.offers)}\b.*\Z", re.IGNORECASE | re.DOTALL
)
_QUOTED_THEN_SAID: Final = re.compile(
    r"\A(?:\"([^\"\n]{2,})\"|“([^”\n]{2,})”|„([^“\n]{2,})“|«([^»\n]{2,})»)"
    r"\s*(?:[-–—(]|is\b|this\b|\.\s).*\Z",
    re.DOTALL,
)
_PROPOSED: Final = re.compile(
    rf"{_PROPOSAL}[^\"'“„«\n]{{0,60}}[\"'“„«]([^\"“”„«»\n]{{2,}})[\"'”“»][.?!]?\Z",
    re.IGNORECASE,
)
_SAID_TO_BE: Final = re.compile(
    rf"(?=[^\"“„«\n]*?(?:{_LABEL}|{_LANGUAGE}))[^\"“„«\n:：]{{1,80}}\s{_IS_ANY}\s+[\"'“„«]([^\"“”„«»\n]{{2,}})[\"'”“»][.?!]?\Z",
    re.IGNORECASE,
)
_RENDERED: Final = re.compile(
    rf"[\"'“„«][^\"“”„«»\n]{{2,300}}[\"'”“»]\s(?:[^\"'“„«\n]{{1,30}}\s)?"
    rf"(?:{_IS_ANY}|{one_of(lambda language: language.remarks.renders)})"
    r"[^\"'“„«\n]{0,20}\s[\"'“„«]([^\"“”„«»\n]{2,})[\"'”“»][.?!]?\Z",
    re.IGNORECASE,
)
_GLOSS: Final = re.compile(
    rf"\s*\({one_of(lambda language: language.remarks.glosses)}(?!\w)[^()\n]*\)\.?\Z", re.IGNORECASE
)


def drop_remarks(text: str) -> str:
    """Return `text` without one layer of remarks around it.

    An introduction begins with "Sure" or "Here is" and ends in a colon, or is a header ("**Title:**"); a note begins a
    separate paragraph; if a remark follows a quotation, the quotation is the text.
    """
    text = text.strip()
    for drop in (_drop_notes, _open_fence, _open_json):
        text = drop(text).strip() or text
    text = _RULE.sub("", text)
    tagged = _TAGGED.fullmatch(text) or (_NUMBERED.fullmatch(text) if "\n" not in text else None)
    text = tagged["text"].strip() if tagged else text
    return _quotation(_drop_front(text).strip()).strip()


def _drop_notes(text: str) -> str:
    note = _NOTE.search(text)
    text = text[: note.start()] if note and text[: note.start()].strip() else text
    text = _FINAL_HEADER.split(text)[-1]
    return _GLOSS.sub("", _OFFER.sub("", text))


def _open_fence(text: str) -> str:
    fence = _FENCE.search(text)
    return fence[1] if fence else text


def _open_json(text: str) -> str:
    """Return the only text of a JSON object or list."""
    if text[:1] not in {"{", "["}:
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    inner = list(value.values()) if isinstance(value, dict) else value
    return inner[0] if isinstance(inner, list) and len(inner) == 1 and isinstance(inner[0], str) else text


def _drop_front(text: str) -> str:
    for pattern in (_INTRODUCTION, _HEADER, _SAID, _HEADLINE, _MARKDOWN):
        front = pattern.match(text)
        text = text[front.end() :] if front else text
    return text


def _quotation(text: str) -> str:
    quoted = _QUOTED_THEN_SAID.match(text) or _PROPOSED.match(text) or _SAID_TO_BE.match(text) or _RENDERED.match(text)
    return next(filter(None, quoted.groups())) if quoted else text

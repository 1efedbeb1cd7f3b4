"""What a chat model says around a text it was asked for: introductions, headers, markdown, notes, offers of more."""

import json
import re
from typing import Final

_LABEL: Final = (
    r"title|headline|translation|translated title|key ?-?phrase|phrase|summary|explanation|answer|output|result"
    r"|response|titel|überschrift|übersetzung|schlüsselphrase|antwort|ausgabe|ergebnis"
    r"|título|traducción|frase clave|respuesta|salida|titre|traduction|expression clé|réponse|sortie"
    r"|titolo|traduzione|frase chiave|risposta|risultato|tradução|resposta"
    r"|タイトル|題名|見出し|翻訳|訳|キーフレーズ|回答|出力|答え|标题|標題|翻译|译文|关键短语|答案|输出"
)
_ADJECTIVE: Final = (
    r"(?:product|item|review|translated|relevant|best|suggested|possible|good|short|catchy|final|the|my|a|an|one"
    r"|die|der|das|le|la|el|il|une?)"
)
_LANGUAGE: Final = (
    r"(?:english|german|french|spanish|italian|japanese|chinese|portuguese"
    r"|deutsche|französische|en (?:français|español|anglais|inglés)|auf (?:deutsch|englisch)|in italiano)"
)
_OPENER: Final = (
    r"sure(?: thing)?|certainly|of course|absolutely|okay|ok|here(?:['’]s| is| are)"
    r"|natürlich|gerne|klar|hier (?:ist|sind)"
    r"|claro|por supuesto|aquí (?:está|tienes?)|bien sûr|voici|certo|certamente|ecco|aqui está|もちろん|はい|こちら"
    r"|以下|当然|好的|以下是|这是"
)
_HEADER: Final = re.compile(
    rf"[*_#\s]{{0,8}}(?:(?:{_ADJECTIVE}\s+){{0,3}}(?:{_LANGUAGE}\s+)?(?:{_LABEL}|{_LANGUAGE})(?:\s+(?:suggestion|traduite?|traducid[oa]|tradott[oa]))?(?:\s\([^()\n]{{1,30}}\))?"
    rf"(?:\s+(?:in|of|for|into|from|that|de|du|des|des|der|zu)\b[^:：\n\"“„]{{1,60}})?)[*_\s]*"
    r"(?:(?:is|are|would be|could be|might be|lautet|ist|wäre|es|sería|est|serait|è|sarebbe|é|は)?\s*[*_]*[:：][*_]*"
    r"|(?:is|would be|could be|might be|lautet|ist|wäre|es|sería|est|serait|è|sarebbe|é|は|是)"
    r"\s*(?=[\"“„«「*']))\s*",
    re.IGNORECASE,
)
_INTRODUCTION: Final = re.compile(
    rf"(?:{_OPENER})\b(?=[^\n:：]{{0,100}}(?:{_LABEL}|{_LANGUAGE})|[^\n:：]{{0,100}}[:：]\s*[\n\"“„«「*])[^\n:：]{{0,100}}[:：]\s*"
    rf"|(?:{_OPENER})[!.,]\s+",
    re.IGNORECASE,
)
_MARKDOWN: Final = re.compile(r"(?:#{1,6}|[-*•>])[ \t]+(?=\S)")
_FENCE: Final = re.compile(r"```[a-z]*\n(.*?)\n?```", re.DOTALL)
_NOTE: Final = re.compile(
    r"\n\s*(?=[(\[*_>]*(?:notes?|explanation|reason(?:ing)?|rationale|hinweis|anmerkung|erklärung|begründung|nota"
    r"|explicación|remarque|explication|spiegazione|observação|explicação|注|备注|说明|補足|解説|備考|注意)\s?[*_]*[:：])"
    r"|\n\s*\n\s*(?=\(|(?:let me know|i hope|feel free|this (?:title|translation|phrase|keyphrase|headline)"
    r"|i (?:kept|chose|used)|the (?:review|query|brand|title|colou?r)|please note|if you|is there anything"
    r"|would you like|ich hoffe|lassen sie|espero|n'hésitez|j'espère|spero|お役に|希望)\b)",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"\n\s{0,9}-{3,9}\s{0,9}\Z")
_TAGGED: Final = re.compile(r"<(?P<tag>\w{1,20})>(?P<text>.*)</(?P=tag)>", re.DOTALL)
_NUMBERED: Final = re.compile(r"1[.)] (?P<text>[^\W\d].*)")
_OFFER: Final = re.compile(
    r"(?<=[.!?\w])[.!]?\s+(?:let me know (?:if|whether)|i hope (?:this|that) helps|feel free to|hope this helps)\b.*\Z",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED_THEN_SAID: Final = re.compile(
    r"\A(?:\"([^\"\n]{2,})\"|“([^”\n]{2,})”|„([^“\n]{2,})“|«([^»\n]{2,})»)"
    r"\s*(?:[-–—(]|is\b|this\b|\.\s).*\Z",
    re.DOTALL,
)
_PROPOSED: Final = re.compile(
    r"(?:how about|what about|i(?:['’]d| would| have)? (?:suggest|propose|translated?|title|call)"
    r"|my (?:suggestion|title))[^\"“„«\n]{0,60}[\"“„«]([^\"“”„«»\n]{2,})[\"”“»][.?!]?\Z",
    re.IGNORECASE,
)
_GLOSS: Final = re.compile(
    r"\s*\((?:literal(?:ly)?|lit\.|wörtlich|littéralement|literalmente|meaning|i\.e\.|note|aspect)\b[^()\n]*\)\.?\Z",
    re.IGNORECASE,
)


def drop_remarks(text: str) -> str:
    """Return `text` without one layer of what is said around it.

    An introduction is what ends in a colon behind "Sure" or "Here is", or a header ("**Title:**"); a note begins a
    paragraph of its own; of a quotation that a remark follows, the quotation is the text.
    """
    text = text.strip()
    for drop in (_drop_notes, _open_fence, _open_json):
        text = drop(text).strip() or text
    text = _RULE.sub("", text)
    tagged = _TAGGED.fullmatch(text) or (_NUMBERED.fullmatch(text) if "\n" not in text else None)
    text = tagged["text"].strip() if tagged else text
    return _quotation(_drop_front(text).strip()).strip()


def drop_notes(text: str) -> str:
    """Return `text` without a note or an offer at its end."""
    return _drop_notes(text.strip()).strip() or text


def _drop_notes(text: str) -> str:
    note = _NOTE.search(text)
    text = text[: note.start()] if note and text[: note.start()].strip() else text
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
    for pattern in (_INTRODUCTION, _HEADER, _MARKDOWN):
        front = pattern.match(text)
        text = text[front.end() :] if front else text
    return text


def _quotation(text: str) -> str:
    quoted = _QUOTED_THEN_SAID.match(text) or _PROPOSED.match(text)
    return next(filter(None, quoted.groups())) if quoted else text

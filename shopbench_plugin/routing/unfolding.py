"""Questions laid out for programs (JSON, XML, YAML, CSV) as the headers and labelled lists of a plain question.

Every character keeps its position: '{"query": "oak desk"}' becomes '  query:  oak desk  ', so that what is found in the
unfolded text can be cut from the original.
"""

import json
import re
from typing import Final

END: Final = "\x1e"
"""What marks the end of a value; what follows it belongs to no header. It counts as a blank."""

_MOST_FRAGMENTS: Final = 20
_NAME: Final = r"(?:id|n|nr|no|num|number|idx|index|key|label|letter|编号|序号|番号)"
_STRING: Final = r"\"(?:[^\"\\\n]|\\.)*\""
# The quotation marks around the texts of a list or an object as Python writes it.
_PYTHON_QUOTE: Final = re.compile(r"(?<=[\[{])(\s*)'|(?<=[,:])([ ]?)'|'(?=\s*[,:\]}])")
_START: Final = re.compile(r"[{\[]\s*(?P<next>[\"'{\[])")
# An object's first member names it, a second one has its text: {"id": 1, "title": "mug"}.
_JSON: Final = re.compile(
    rf"\{{\s*\"{_NAME}\"\s*:\s*\"?(?P<label>\w{{1,3}})\"?\s*,\s*{_STRING}\s*:(?P<text>\s*{_STRING})?"
    rf"|(?P<key>{_STRING})\s*:(?P<value>\s*{_STRING})?|(?P<item>{_STRING})|(?P<sign>[\[\]{{}},])",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"[(\[]?\w{1,3}[.:)\]]")
_BULLET: Final = "•"
_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\n"}
_TAG: Final = re.compile(r"<(?P<name>[a-z]\w{0,30})(?:\s+[\w:-]+=\"[^\"<>\n]*\")*\s*>|</(?P<closed>[a-z]\w{0,30})>")
_ATTRIBUTE: Final = re.compile(rf"\s{_NAME}=\"(?P<label>\w{{1,3}})\"", re.IGNORECASE)
_FORMATS_TEXT: Final = frozenset(
    ("p", "b", "i", "u", "ul", "ol", "li", "em", "strong", "span", "div", "a", "td", "tr", "th", "table", "sub", "sup")
)
_YAML: Final = re.compile(rf"^[ \t]*-[ \t]+{_NAME}:[ \t]*(?P<label>\w{{1,3}})[ \t]*\n[ \t]+\w+:(?=[ ])", re.MULTILINE)
_KEY: Final = re.compile(r"^[ \t]*[a-z]+(?:_[a-z]+)+(?=[ ]?[:=])", re.IGNORECASE | re.MULTILINE)
_CSV: Final = re.compile(rf"^[ \t]*{_NAME}[,;]\w+.*(?:\n\w{{1,3}}[,;].*)+", re.IGNORECASE | re.MULTILINE)
_CELL: Final = re.compile(r"^(\w{1,3})[,;]", re.MULTILINE)


def unfold(text: str) -> str:
    """Return `text` with JSON, XML, YAML and CSV in it as headers and lists, every character at its position."""
    text = _unfold_json(text)
    text = _unfold_xml(text) if "</" in text else text
    text = _YAML.sub(lambda item: _label_line(item["label"], len(item.group())), text)
    text = _KEY.sub(lambda key: key.group().replace("_", " "), text)
    return _CSV.sub(lambda table: _CELL.sub(r"\1:", table.group()), text)


def _unfold_json(text: str) -> str:
    pieces, end, position = [], 0, 0
    for _ in range(_MOST_FRAGMENTS):
        start = _START.search(text, position)
        if start is None:
            break
        rest = text[start.start() :]
        rest = _as_json(rest.partition("\n")[0]) if start["next"] == "'" else rest
        try:
            _, stop = json.JSONDecoder(strict=False).raw_decode(rest)
        except (ValueError, RecursionError):
            position = start.start() + 1
            continue
        pieces += [text[end : start.start()], _JSON.sub(_unfold_token, rest[:stop])]
        end = position = start.start() + stop
    return "".join([*pieces, text[end:]])


def _as_json(line: str) -> str:
    """Return what Python writes in single quotation marks in double ones."""
    return _PYTHON_QUOTE.sub(lambda quote: quote.group()[:-1] + '"', line.replace("\\'", " '"))


def _unfold_token(token: re.Match[str]) -> str:
    """Return the plain text for one token of JSON, as long as it."""
    value = _unquote(token["text"] or token["value"] or "", END)
    if token["label"]:
        return _label_line(token["label"], len(token.group()) - len(value)) + value
    if token["key"]:
        return f" {token['key'][1:-1]}:".ljust(len(token.group()) - len(value)) + value
    if token["sign"]:
        return END if token["sign"] in "]}" else "\n"
    return (" " if _LABEL.match(token.group(), 1) else _BULLET) + _unquote(token.group(), " ")[1:]


def _unquote(text: str, end: str) -> str:
    """Return a string of JSON without quotation marks and escapes, as long as it."""
    start = text.find('"')
    inner = _ESCAPED.sub(lambda escaped: f" {_ESCAPES.get(escaped[1], escaped[1])}", text[start + 1 : -1])
    return f"{text[:start]} {inner}{end}" if text else ""


def _label_line(label: str, length: int) -> str:
    """Return a new line of `length` that ends in the label of the item after it."""
    return "\n" + f"{label})".rjust(length - 1)


def _unfold_xml(text: str) -> str:
    tags = [tag for tag in _TAG.finditer(text) if tag["name"] not in _FORMATS_TEXT or _ATTRIBUTE.search(tag.group())]
    pairs = {tag["name"] for tag in tags} & {tag["closed"] for tag in tags}
    return _TAG.sub(lambda tag: _unfold_tag(tag) if (tag["name"] or tag["closed"]) in pairs else tag.group(), text)


def _unfold_tag(tag: re.Match[str]) -> str:
    """Return the end of a value, or a line with an item's label right before its text, or else with the tag's name."""
    length, label = len(tag.group()), _ATTRIBUTE.search(tag.group())
    if tag["closed"]:
        return END.ljust(length)
    return _label_line(label["label"], length) if label else f"\n{tag['name']}:".ljust(length)

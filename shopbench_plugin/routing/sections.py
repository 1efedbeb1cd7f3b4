"""The sections of a question: the text after each header, and instructions without a header."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shopbench_plugin.language.numerals import narrow
from shopbench_plugin.language.reading import alternatives
from shopbench_plugin.routing.cues import read_cues
from shopbench_plugin.routing.unfolding import END

_UNSPACED: Final = r"[\u3040-\u30ff\u3400-\u9fff]"
# A header is one to five words that end in the name of a section.
_WORDS: Final = rf"(?:[^\W\d]+[ ]){{0,4}}?{_UNSPACED}{{0,6}}?"
_CLOSED_QUOTATION: Final = re.compile(
    r"\s*(?:\"[^\"\n]+\"|“[^”\n]+”|„[^“”\n]+[“”]|«[^»\n]+»|「[^」\n]+」)[.,;。、]?[ ]*(?:\n|(?=[^\W\d_a-z]|¿))"
)
"""A query or a title in quotation marks before a sentence: 'Query: "oak desk". Extract ...'."""
# Not material: "Rate the review: 1 = bad, 2 = good".
_VALUES: Final = r"[ \t]*\d[ \t]*="

_QUERIES: Final = alternatives(lambda one: one.headers.queries)
_TITLES: Final = alternatives(lambda one: one.headers.titles)
_PHRASES: Final = "|".join((_QUERIES, _TITLES, alternatives(lambda one: one.headers.phrases)))
_TEXTS: Final = alternatives(lambda one: (*one.headers.reviews, *one.headers.texts, *one.headers.others))
_MATERIAL: Final = f"(?P<material>{_TEXTS}|{_PHRASES})"
_INSTRUCTION: Final = alternatives(lambda one: one.headers.instruction)
_RESPONSE: Final = alternatives(lambda one: one.headers.response)
_POINTER: Final = rf"(?:{alternatives(lambda one: one.headers.pointers)})[ ](?:[^\W\d]+[ ]){{0,2}}?"
_FLAGS: Final = re.MULTILINE | re.IGNORECASE

_HEADER: Final = re.compile(
    rf"^[ \t]*(?:(?P<instruction>{_INSTRUCTION})|(?P<words>{_WORDS}){_MATERIAL}|(?P<response>{_RESPONSE}))"
    rf"[ \t]*(?P<note>\([^()\n]{{0,200}}\))?[ \t]*(?::|=(?=\s*[\"'“]))(?(material)(?!{_VALUES}))|(?P<free>{END})",
    _FLAGS,
)
"""A header at the start of a line."""
_INLINE: Final = re.compile(
    rf"(?:(?:(?<=[.?!])[ ]+|(?<=。)[ ]*)(?-i:(?![a-z])){_WORDS}|\b(?P<words>{_POINTER})){_MATERIAL}"
    rf"(?:[ ](?:{alternatives(lambda one: one.headers.below)}))?[ ]?:(?=\s*[^\s'\"“„«「『])(?!{_VALUES})",
    _FLAGS,
)
"""A header of material within a line: after the end of a sentence, or as the end of one. Text in quotation marks after
it is a quotation in the instruction, not a section."""
_POINTS: Final = re.compile(rf"\b{_POINTER}\Z", _FLAGS)
"""The words before a header that make it the end of a sentence that instructs: "Extract ... from this query: ..."."""
_PHRASE: Final = re.compile(_PHRASES, _FLAGS)
"""The name of material that is a phrase by nature: on a single line, it contains no list."""
_LIST_HEADER: Final = re.compile(rf"(?:{alternatives(lambda one: one.headers.lists)}|{_RESPONSE})\s*:?\Z", _FLAGS)
"""The end of a header that announces a list."""
_ASKS: Final = re.compile(
    rf"(?<=[.!?])[ ]+(?=(?:{alternatives(lambda one: one.scales.answer)})\b|[^\W\d]+:[ ])", _FLAGS
)
"""The beginning of a sentence that says how to answer."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a question after one header.

    Attributes:
        kind: "free" before all headers, else "instruction", "material", "response", or "note" for a header's remark in
            brackets.
        name: the header's name of material, in lower case; "" for the other kinds.
        content: the text, never blank.
    """

    kind: str
    name: str
    content: str

    @property
    def is_phrase(self) -> bool:
        """Return whether it is a query, a title or similar, which is on one line."""
        return _PHRASE.fullmatch(self.name) is not None

    @property
    def announces_list(self) -> bool:
        """Return whether it ends in the header of a list."""
        return is_header(self.content) and _LIST_HEADER.search(narrow(self.content).rstrip()) is not None


def is_header(line: str) -> bool:
    """Return whether a line only announces what follows it ("Product List:")."""
    return narrow(line).rstrip().endswith(":") or _LIST_HEADER.fullmatch(line.strip()) is not None


def find_sections(text: str) -> Iterator[Section]:
    """Yield every section that isn't blank, in order.

    A header's remark in brackets ("Output (three numbers): ") is a separate section, and so is a header that is part
    of a sentence, or one of instructions at the end.
    """
    kind, name, start, opened = "free", "", 0, 0
    for header in _HEADER.finditer(narrow(text)):
        yield from _divide(kind, name, text[start : header.start()])
        if header["note"]:
            yield Section("note", "", header["note"])
        if header["words"] and _POINTS.search(header["words"]):
            yield Section("instruction", "", text[header.start() : header.end()])
        kind = next(group for group in ("instruction", "material", "response", "free") if header[group])
        name, start, opened = header[kind].casefold() if kind == "material" else "", header.end(), header.start()
    is_only_header = kind == "instruction" and not text[start:].strip()
    yield from _divide(kind, name, text[opened:] if is_only_header else text[start:])


def _divide(kind: str, name: str, content: str) -> Iterator[Section]:
    """Yield the sections that headers within lines divide one into."""
    plain = narrow(content)
    start = 0
    quoted = _CLOSED_QUOTATION.match(content) if kind == "material" else None
    if quoted and (_PHRASE.fullmatch(name) or quoted.group().endswith("\n")):
        yield Section(kind, name, quoted.group())
        kind, name, start = "free", "", quoted.end()
    while kind in {"free", "instruction"} and (header := _INLINE.search(plain, start)):
        end = _end_of_inline(plain, header)
        before = content[start : header.end() if header["words"] else header.start()]
        yield from _unless_blank(kind, name, before)
        yield from _unless_blank("material", header["material"].casefold(), content[header.end() : end])
        start = end
    yield from _unless_blank(kind, name, content[start:])


def _end_of_inline(text: str, header: re.Match[str]) -> int:
    """Return where the material after a header within a line ends: a phrase with that line, other text at the end."""
    found = text.find("\n", header.end())
    line_end = found if found >= 0 else len(text)
    if not text[header.end() : line_end].strip() or not _PHRASE.fullmatch(header["material"]):
        return len(text)
    asks = _ASKS.search(text, header.end(), line_end)
    return asks.start() if asks else line_end


def _unless_blank(kind: str, name: str, content: str) -> Iterator[Section]:
    if content.strip():
        yield Section(kind, name, content)


def split_off_instruction(sections: Sequence[Section], ends: Container[int]) -> Iterator[Section]:
    """Yield the sections, with possible instructions in them as separate sections.

    These are the question's first line ("Input: Explain ..."), or instead the lines below a phrase, and the end of the
    sections whose numbers are in `ends`. Such an end also remains part of its text, unless it asks for part of one.
    """
    for number, section in enumerate(sections):
        lines = section.content.strip().splitlines()
        if section.kind != "material":
            yield section
        elif section.is_phrase:
            yield replace(section, content=lines[0])
            yield from _unless_blank("instruction", "", "\n".join(lines[1:] or lines[: number == 0]))
        else:
            start = _start_of_end(lines) if number in ends else len(lines)
            is_text = not _asks_for_part("\n".join(lines[start:]))
            yield section if is_text or not start else replace(section, content="\n".join(lines[:start]))
            said = dict.fromkeys([*(lines[:1] if number == 0 else []), *lines[start:]])
            yield from _unless_blank("instruction", "", "\n".join(said))


def _asks_for_part(text: str) -> bool:
    cues = read_cues(narrow(text))
    return cues.entities or cues.excerpt


def _start_of_end(lines: Sequence[str]) -> int:
    """Return where the last of several paragraphs begins, else the last line; a list's header stays with what it ends.

    The first of several lines is never part of it.
    """
    last = len(lines) - 1
    while last > 0 and (not lines[last].strip() or is_header(lines[last])):
        last -= 1
    paragraph = next((number + 1 for number in range(last, 0, -1) if not lines[number].strip()), last)
    return min(max(paragraph, 1), len(lines) - 1)

"""The layout of a question: its instruction, and the material that the instruction is about.

Rules look for cues in the instruction alone, so that a review that says "rank them in order" doesn't count.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from shopbench_plugin.core.layout import Field, Layout, Listing, Quote
from shopbench_plugin.language.numerals import narrow
from shopbench_plugin.routing.cues import read_cues
from shopbench_plugin.routing.labels import starts_with_word
from shopbench_plugin.routing.listings import find_listing
from shopbench_plugin.routing.sections import Section, find_sections, is_header, split_off_instruction
from shopbench_plugin.routing.unfolding import unfold

_WINDOW: Final = 20_000
_CONTEXT: Final = 40
_DIVIDER: Final = re.compile(r"\n[ \t]*(?:[=_*~-]{3,}[ \t]*)?\n")
_RULE: Final = re.compile(r"\n[ \t]*[=_*~-]{3,}[ \t]*\n")
_FEWEST_LINES: Final = 4
_MOST_DIVIDERS: Final = 5
_LABEL: Final = 3
"""A label in quotation marks is read as it is: "Reply 'A' for ..."."""

# An apostrophe within a word doesn't close a quotation; quotations aren't nested.
_QUOTED: Final = re.compile(
    r"(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w)){1,3000}'(?!\w)|\"[^\"\n]{1,3000}\"|“[^“”\n]{1,3000}”|„[^„“”\n]{1,3000}[“”]"
    r"|«[^«»\n]{1,3000}»|「[^「」\n]{1,3000}」|『[^『』\n]{1,3000}』"
)


def read_layout(text: str, *, is_told: bool = False) -> Layout:
    """Split a question into its parts, in time proportional to its length.

    What a document of several lines before the question says is not read as instruction. Of a text of more than 40,000
    characters, only the two ends are searched for instruction and material: nobody puts an instruction into the
    middle. Two items are more readily read as a list if the question `is_told` to be a multiple choice.
    """
    text = unfold(text)
    end = _end_of_document(text) if len(text) <= 2 * _WINDOW else 0
    if not end:
        return _read_above_document(text, is_told=is_told) or _read_parts(text, is_told=is_told)
    document, asked = _read_parts(text[:end]), _read_parts(text[end:], is_told=is_told)
    found = asked.listing
    listing = replace(found, start=found.start + end, end=found.end + end) if found else document.listing
    return replace(asked, fields=(*document.fields, *asked.fields), listing=listing)


def _read_above_document(text: str, *, is_told: bool) -> Layout | None:
    """Return the layout of a question with its list above a line of dashes, if what is below it asks for nothing."""
    divider = _RULE.search(text)
    if not divider or _asks(text.rstrip().rpartition("\n")[2]):
        return None
    asked = _read_parts(text[: divider.start()], is_told=is_told)
    document = Field("text", text[divider.end() :].strip())
    return replace(asked, fields=(*asked.fields, document)) if asked.listing else None


def _end_of_document(text: str) -> int:
    """Return where a document of several lines ends before the paragraph that asks, 0 without one.

    A document neither begins with a line that asks for anything nor has a header of instructions.
    """
    for divider in list(_DIVIDER.finditer(text))[: -_MOST_DIVIDERS - 1 : -1]:
        document, question = text[: divider.start()].strip(), text[divider.end() :].strip()
        lines = document.splitlines()
        if len(lines) < _FEWEST_LINES:
            return 0
        if question and _asks(question.splitlines()[0]):
            has_instruction = any(section.kind == "instruction" for section in find_sections(document))
            return 0 if has_instruction or _asks(lines[0]) else divider.end()
    return 0


def _asks(line: str) -> bool:
    """Return whether a line asks for an answer, and isn't material or a header."""
    sections = [section for section in find_sections(line) if section.kind != "material"]
    return not is_header(line) and not read_cues(_mask_quotes(_wording(sections))).is_empty


def _read_parts(text: str, *, is_told: bool = False, listing: Listing | None = None) -> Layout:
    listing = listing or find_listing(text, is_told=is_told)
    before, after = (text, "") if listing is None else (text[: listing.start], text[listing.end :])
    sections = list(find_sections(_ends(before)))
    last = sections[-1] if sections else None
    is_in_field = bool(listing and last and last.kind == "material" and _may_be_own(text, listing, last))
    if is_in_field and listing and last:
        end = text.rfind(last.content, 0, listing.start)
        if earlier := find_listing(text[: max(end, 0)], is_told=is_told):
            return _read_parts(text, is_told=is_told, listing=earlier)
    end_of_before = _last_material(sections)
    if is_in_field and last:
        rest, after = _split_last_paragraph(after)
        sections += [replace(last, content=rest)] if rest else []
    sections += find_sections(_ends(after))
    if not _instruct(sections):
        sections = list(split_off_instruction(sections, {end_of_before, _last_material(sections)}))
    fields = tuple(Field(section.name, section.content.strip()) for section in sections if section.kind == "material")
    wording = _wording(sections)
    quotes = tuple(_read_quote(wording, match) for match in _QUOTED.finditer(wording))
    is_after_phrase = is_in_field and last is not None and last.is_phrase and "\n" not in last.content.strip()
    return Layout(_mask_quotes(wording), fields, quotes, listing, is_in_field, is_after_phrase)


def _last_material(sections: Sequence[Section]) -> int:
    return max((number for number, section in enumerate(sections) if section.kind == "material"), default=-1)


def _may_be_own(text: str, listing: Listing, before: Section) -> bool:
    """Return whether a list may be numbered within the text before it.

    It is from 1, has no word such as "Option" before each label, and isn't announced.
    """
    is_from_one = listing.labels[0] in {"1", "a"} and not starts_with_word(text[listing.start :])
    return is_from_one and not before.announces_list


def _split_last_paragraph(text: str) -> tuple[str, str]:
    """Return what a field says below its own list, and the paragraph of instructions after it, if any."""
    rest, _, last = text.rstrip().rpartition("\n\n")
    return (rest, last) if rest.strip() and not read_cues(_mask_quotes(last)).is_empty else ("", text)


def _instruct(sections: Iterable[Section]) -> bool:
    """Return whether anything outside the material and the headers of lists asks for an answer."""
    said = (section for section in sections if section.kind != "note")
    lines = (section for section in said if "\n" in section.content.strip() or not is_header(section.content))
    return not read_cues(_mask_quotes(_wording(lines))).is_empty


def _wording(sections: Iterable[Section]) -> str:
    return "\n".join(section.content for section in sections if section.kind != "material")


def _read_quote(wording: str, match: re.Match[str]) -> Quote:
    before = wording[max(0, match.start() - _CONTEXT) : match.start()]
    return Quote(match.group()[1:-1], before, wording[match.end() : match.end() + _CONTEXT])


def _mask_quotes(wording: str) -> str:
    return narrow(_QUOTED.sub(lambda quote: quote.group()[1:-1] if len(quote.group()) == _LABEL else "''", wording))


def _ends(text: str) -> str:
    if len(text) <= 2 * _WINDOW:
        return text
    return f"{text[:_WINDOW]}\n{text[-_WINDOW:]}"

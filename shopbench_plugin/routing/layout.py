"""How a question is laid out: what is its instruction, and what is the material the instruction is about.

Rules look for cues in the instruction alone, so that a review that says "rank them in order" orders nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shopbench_plugin.numerals import narrow
from shopbench_plugin.routing.listings import Listing, find_listing

_WINDOW: Final = 20_000

# Names of material, in the languages of ShopBench; a header is one to five words that end in one of them.
_MATERIAL: Final = (
    r"reviews?|quer(?:y|ies)|title|description|product [A-Z0-9]|product|question|document|sentence|text|input|passage"
    r"|context|aspect|sequence|history|actions?|category|keywords?|snippet|item|attributes?|target attributes?"
    r"|rezension|bewertung|suchanfrage|anfrage|titel|beschreibung|produkt|frage|satz|eingabe|aspekt|verlauf|kategorie"
    r"|reseña|opinión|consulta|búsqueda|título|descripción|producto|pregunta|frase|texto|entrada|aspecto|historial"
    r"|avis|commentaire|requête|recherche|titre|produit|phrase|texte|entrée|aspetto|historique|catégorie"
    r"|recensione|ricerca|titolo|descrizione|prodotto|domanda|testo|cronologia"
    r"|レビュー|クエリ|検索語|検索クエリ|タイトル|商品名|商品|説明|商品説明|質問|入力|文|文章|観点|側面|履歴|カテゴリ"
)
# Material that is a phrase by nature: on a single line, it holds no list of its own.
_PHRASES: Final = re.compile(
    r"quer(?:y|ies)|title|product [A-Z0-9]|product|item|keywords?|category|aspect"
    r"|suchanfrage|anfrage|titel|produkt|kategorie|aspekt|consulta|búsqueda|título|producto|aspecto"
    r"|requête|recherche|titre|produit|catégorie|ricerca|titolo|prodotto|aspetto"
    r"|クエリ|検索語|検索クエリ|タイトル|商品名|商品|カテゴリ|観点|側面",
    re.IGNORECASE,
)
_INSTRUCTION: Final = (
    r"instructions?|task|aufgabe|anweisung(?:en)?|instrucci(?:ón|ones)|tarea|consignes?|tâche|istruzion[ei]|compito"
    r"|指示|タスク"
)
_RESPONSE: Final = (
    r"output|answer|response|result|features?|headline|ausgabe|antwort|ergebnis|respuesta|salida|resultado|réponse|sortie"
    r"|résultat|risposta|risultato|回答|出力|答え|解答"
)
_HEADER: Final = re.compile(
    rf"^[ \t]*(?:(?P<instruction>{_INSTRUCTION})|(?:[^\W\d]+[ ]){{0,4}}?(?P<material>{_MATERIAL})"
    rf"|(?P<response>{_RESPONSE}))[ \t]*(?P<note>\([^()\n]{{0,200}}\))?[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
# An apostrophe within a word closes nothing; no quotation is looked for inside another.
_QUOTED: Final = re.compile(
    r"(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w)){1,3000}'(?!\w)|\"[^\"\n]{1,3000}\"|“[^“”\n]{1,3000}”|„[^„“”\n]{1,3000}[“”]"
    r"|«[^«»\n]{1,3000}»|「[^「」\n]{1,3000}」|『[^『』\n]{1,3000}』"
)


@dataclass(frozen=True, slots=True)
class Field:
    """A piece of material and the name before its colon, in lower case ("review", "aspect")."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A question taken apart.

    Attributes:
        instruction: the question's own wording, without list items, material and quoted titles, digits narrowed.
        fields: the material with a header, in order.
        quotes: what the instruction quotes, without the quotation marks.
        listing: the labelled list, where there is one.
        is_listing_in_text: the list counts from 1 or from "a" in the running text of a field, right after some of its
            words: it may be the reviewer's own numbering.
        is_listing_after_phrase: that field is a query, a title or the like on a single line, where few people number
            anything.
    """

    instruction: str
    fields: tuple[Field, ...]
    quotes: tuple[str, ...]
    listing: Listing | None
    is_listing_in_text: bool
    is_listing_after_phrase: bool


@dataclass(frozen=True, slots=True)
class _Section:
    kind: str
    name: str
    content: str

    @property
    def is_running_text(self) -> bool:
        content = self.content.rstrip()
        return self.kind == "material" and bool(content) and not narrow(content).endswith(":")

    @property
    def is_phrase(self) -> bool:
        return _PHRASES.fullmatch(self.name) is not None and "\n" not in self.content.strip()


def read_layout(text: str) -> Layout:
    """Take a question apart, in time proportional to its length.

    Of a text of more than 40,000 characters, only the two ends are searched for instruction and material: nobody puts
    an instruction into the middle.
    """
    listing = find_listing(text)
    before, after = (text, "") if listing is None else (text[: listing.start], text[listing.end :])
    sections = list(_sections(_ends(before)))
    is_own_numbering = listing is not None and listing.labels[0] in {"1", "a"} and bool(sections)
    is_listing_in_text = is_own_numbering and sections[-1].is_running_text
    is_listing_after_phrase = is_listing_in_text and sections[-1].is_phrase
    sections += _sections(_ends(after))
    fields = tuple(Field(section.name, section.content.strip()) for section in sections if section.kind == "material")
    wording = "\n".join(_wording(sections))
    quotes = tuple(match.group()[1:-1] for match in _QUOTED.finditer(wording))
    instruction = narrow(_QUOTED.sub("''", wording))
    return Layout(instruction, fields, quotes, listing, is_listing_in_text, is_listing_after_phrase)


def _wording(sections: list[_Section]) -> Iterator[str]:
    """Yield what instructs, in order.

    Where all but notes is material ("Input: Explain ..."; "Review: ... " and then a line that tells what to do), its
    first and last line are taken for it.
    """
    if any(section.kind in {"free", "instruction", "response"} for section in sections):
        yield from (section.content for section in sections if section.kind != "material")
        return
    yield from (section.content for section in sections if section.kind == "note")
    lines = [
        line for section in sections if section.kind == "material" for line in section.content.strip().splitlines()
    ]
    yield from dict.fromkeys([*lines[:1], *lines[-1:]])


def _ends(text: str) -> str:
    if len(text) <= 2 * _WINDOW:
        return text
    return f"{text[:_WINDOW]}\n{text[-_WINDOW:]}"


def _sections(text: str) -> Iterator[_Section]:
    """Yield every section that isn't empty: "free" before all headers, else "instruction", "material" or "response".

    A header's remark in brackets is a section of its own, a "note": "Output (three numbers): ".
    """
    plain = narrow(text)
    kind, name, start = "free", "", 0
    for header in _HEADER.finditer(plain):
        if text[start : header.start()].strip():
            yield _Section(kind, name, text[start : header.start()])
        if header["note"]:
            yield _Section("note", "", header["note"])
        kind = next(group for group in ("instruction", "material", "response") if header[group])
        name, start = header[kind].casefold(), header.end()
    if text[start:].strip():
        yield _Section(kind, name, text[start:])

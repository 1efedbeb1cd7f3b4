"""The sections of a question: what stands behind which header, and what instructs without one."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shopbench_plugin.language.numerals import narrow
from shopbench_plugin.routing.cues import read_cues

# Names of material, in the languages of ShopBench; a header is one to five words that end in one of them.
_MATERIAL: Final = (
    r"reviews?|quer(?:y|ies)|search terms?|title|description|product [A-Z0-9]|product|question|document|sentence|text"
    r"|input|passage|context|aspect|sequence|history|actions?|category|keywords?|snippet|item|attributes?"
    r"|target attributes?"
    r"|rezension|bewertung|suchanfrage|suchbegriff|anfrage|titel|beschreibung|produkt|frage|satz|eingabe|aspekt|verlauf"
    r"|kategorie"
    r"|reseña|opinión|consulta|búsqueda|título|descripción|producto|pregunta|frase|texto|entrada|aspecto|historial"
    r"|avis|commentaire|requête|recherche|titre|produit|phrase|texte|entrée|aspetto|historique|catégorie"
    r"|recensione|ricerca|titolo|descrizione|prodotto|domanda|testo|cronologia"
    r"|レビュー|クエリ|検索語|検索クエリ|タイトル|商品名|商品|説明|商品説明|質問|入力|文|文章|観点|側面|履歴|カテゴリ"
)
# Material that is a phrase by nature: on a single line, it holds no list of its own.
_PHRASES: Final = re.compile(
    r"quer(?:y|ies)|search terms?|title|product [A-Z0-9]|product|item|keywords?|category|aspect"
    r"|suchanfrage|suchbegriff|anfrage|titel|produkt|kategorie|aspekt|consulta|búsqueda|título|producto|aspecto"
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
# A header may be the end of a sentence that instructs: "Extract the brand from this query: ...".
_POINTER: Final = (
    r"(?:this|these|the|following|diese[mnrs]?|de[mnr]|die|folgende[mnrs]?|est[ae]|el|la|siguiente|cette|ce|le|quest[ao]"
    r"|il)[ ](?:[^\W\d]+[ ]){0,2}?"
)
_WORDS: Final = r"(?:[^\W\d]+[ ]){0,4}?"
# No material: "Rate the review: 1 = bad, 2 = good".
_VALUES: Final = r"[ \t]*\d[ \t]*="
_HEADER: Final = re.compile(
    rf"^[ \t]*(?:(?P<instruction>{_INSTRUCTION})|(?P<words>{_WORDS})(?P<material>{_MATERIAL})"
    rf"|(?P<response>{_RESPONSE}))[ \t]*(?P<note>\([^()\n]{{0,200}}\))?[ \t]*:(?!{_VALUES})",
    re.MULTILINE | re.IGNORECASE,
)
# A header of material within a line: behind the end of a sentence, or as the end of one. What stands in quotation marks
# behind it is a quotation of the instruction, no section.
_INLINE_HEADER: Final = re.compile(
    rf"(?:(?:(?<=[.?!])[ ]+|(?<=。)[ ]*)(?-i:(?![a-z])){_WORDS}|\b(?P<words>{_POINTER}))(?P<material>{_MATERIAL})"
    rf"(?:[ ](?:below|siguiente|suivante?|seguente))?[ ]?:(?=\s*[^\s'\"“„«「『])(?!{_VALUES})",
    re.IGNORECASE,
)
_POINTS: Final = re.compile(rf"\b{_POINTER}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a question behind one header.

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
    def is_running_text(self) -> bool:
        """Tell whether it is material that ends in words of its own, not in the header of a list."""
        return self.kind == "material" and not is_header(self.content)

    @property
    def is_phrase(self) -> bool:
        """Tell whether it is a query, a title or the like, which takes one line."""
        return _PHRASES.fullmatch(self.name) is not None


def is_header(line: str) -> bool:
    """Tell whether a line only announces what follows it ("Product List:")."""
    return narrow(line).rstrip().endswith(":")


def find_sections(text: str) -> Iterator[Section]:
    """Yield every section that isn't blank, in order.

    A header's remark in brackets ("Output (three numbers): ") is a section of its own, and so is a header that is part
    of a sentence.
    """
    kind, name, start = "free", "", 0
    for header in _HEADER.finditer(narrow(text)):
        yield from _divide(kind, name, text[start : header.start()])
        if header["note"]:
            yield Section("note", "", header["note"])
        if header["words"] and _POINTS.search(header["words"]):
            yield Section("instruction", "", text[header.start() : header.end()])
        kind = next(group for group in ("instruction", "material", "response") if header[group])
        name, start = header[kind].casefold() if kind == "material" else "", header.end()
    yield from _divide(kind, name, text[start:])


def _divide(kind: str, name: str, content: str) -> Iterator[Section]:
    """Yield the sections that headers within lines make of one."""
    plain = narrow(content)
    start = 0
    while kind in {"free", "instruction"} and (header := _INLINE_HEADER.search(plain, start)):
        end = _end_of_inline(plain, header)
        before = content[start : header.end() if header["words"] else header.start()]
        yield from _unless_blank(kind, name, before)
        yield from _unless_blank("material", header["material"].casefold(), content[header.end() : end])
        start = end
    yield from _unless_blank(kind, name, content[start:])


def _end_of_inline(text: str, header: re.Match[str]) -> int:
    """Return where the material behind a header within a line ends: a phrase with that line, other text with all."""
    line_end = text.find("\n", header.end())
    is_on_line = line_end >= 0 and bool(text[header.end() : line_end].strip())
    return line_end if is_on_line and _PHRASES.fullmatch(header["material"]) else len(text)


def _unless_blank(kind: str, name: str, content: str) -> Iterator[Section]:
    if content.strip():
        yield Section(kind, name, content)


def split_off_instruction(sections: Sequence[Section], ends: Container[int]) -> Iterator[Section]:
    """Yield the sections with what may instruct in them as sections of its own.

    That are the first line of all ("Input: Explain ..."), the lines below a phrase (in place of that), and the end of
    the sections whose numbers are in `ends`. Such an end stays part of its text, too, unless it asks for a part of one.
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
    """Return where the last paragraph of several begins, else the last line; headers of lists belong to what they end.

    The first of several lines is never part of it.
    """
    last = len(lines) - 1
    while last > 0 and (not lines[last].strip() or is_header(lines[last])):
        last -= 1
    paragraph = next((number + 1 for number in range(last, 0, -1) if not lines[number].strip()), last)
    return min(max(paragraph, 1), len(lines) - 1)

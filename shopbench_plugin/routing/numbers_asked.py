"""What an instruction says in numbers: how many answers it asks for, and the scale it rates on."""

import re
from collections.abc import Iterator
from typing import Final

from shopbench_plugin.language.names import compile_cue
from shopbench_plugin.language.numerals import NUMBER_WORDS, parse_number

_WORDED: Final = rf"(?:\d{{1,2}}|{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})"
_NUMBER: Final = rf"(?P<number>{_WORDED})"

_CHOOSING: Final = (  # in the languages' usual order: en, de, es, fr, it
    r"select|choose|pick|identify|find|name|give|provide|list|return|output|respond|answer|mark|indicate|recommend|top"
    r"|best|suggest|which"
    r"|wähle?n?|auswählen|nenne?n?|gib|geben|bestimme?n?|finde?n?|die besten|antworte?n?|ausgeben|welche"
    r"|seleccionar?|seleccione|elige|elija|elegir|escoge|escoja|indica|indique|respond[ea]|devuelve|l[oa]s mejores"
    r"|cuáles"
    r"|sélectionne[rz]?|choisi(?:s|r|ssez)|indique[rz]?|donne[rz]?|réponde?z?|répondre|trouve[rz]?|les meilleure?s"
    r"|quel(?:le)?s"
    r"|seleziona(?:re|te)?|scegli(?:ere|ete)?|indicare|indicate|rispond(?:i|ete)|fornisci|trova(?:re|te)?|i migliori"
    r"|le migliori|quali"
)
_ANSWER_NOUN: Final = (
    r"(?:comma.separated |different |distinct |verschiedene |kommagetrennte )?"
    r"(?:numbers|indices|indexes|zahlen|nummern|indizes|números|índices|chiffres|nombres|numéros|indices|numeri|indici)"
)
_AFTER_CHOOSING: Final = re.compile(
    rf"\b(?:{_CHOOSING})\b(?:[^\w.;!?]+(?!(?:if|whether|ob|si|se)\b)[^\W\d]+){{0,6}}?[^\w.;!?]+{_NUMBER}\b",
    re.IGNORECASE,
)
_BEFORE_NOUN: Final = re.compile(rf"\b{_NUMBER}\s+{_ANSWER_NOUN}\b", re.IGNORECASE)
_JAPANESE_COUNT: Final = re.compile(r"(?P<number>\d{1,2}|[一二三四五六七八九十])(?:つ|個|件|点|番号|種類|商品|の番号)")
_SEPARATOR_TALK: Final = re.compile(
    r"\b(?:separat\w*|between|trenn\w*|zwischen|separa\w*|entre|sépar\w*|tra)\s+(?:(?:every|each|each of|the)\s+)?\w+",
    re.IGNORECASE,
)

_RATING: Final = compile_cue(
    en=r"scales?|rat(?:e|ed|ing)s?|evaluat(?:e|ing)|scores?|stars?|points?",
    de=r"\w*skala|\w*bewert\w*|sternen?|punkten?",
    es=r"escala|puntú\w*|puntua\w*|estrellas|valora\w*|evalú\w*",
    fr=r"échelle|note[rz]?|étoiles?|évalue[rz]?",
    it=r"scala|valuta\w*|stelle|voto|punteggio",
    ja=r"段階|尺度|評価|星|スコア|点",
)
# What an end of a scale means: "1 (very negative) to 5", "1, very negative, to 5".
_GLOSS: Final = r"(?P<gloss>\s*\([^()\n]{1,60}\)|\s*=[^,.;\n\d]{1,40}[,;]?)?(?:,[^,.\n\d]{1,40},)?"
_RANGE: Final = re.compile(
    rf"(?<![\d.,A-Za-z])(?P<low>{_WORDED}){_GLOSS}\s*"
    r"(?:-|–|—|~|から|より|\b(?:to|through|bis|und|and|a|al|à|et|y|e)\b)\s*"
    rf"(?P<high>{_WORDED})(?![\w.,]*\d)",
    re.IGNORECASE,
)
# Every value or only the ends, with what they mean: "1 = bad, 2 = fair, 3 = good", "0 for no and 1 for yes".
_EQUATED: Final = re.compile(r"(?<![\d.,A-Za-z])(\d)\s*=\s*(?=[^\W\d])")
_MEANS: Final = r"(?:for|if|means|für|wenn|para|si|pour|per|se)"
_YES_OR_NO: Final = re.compile(
    rf"\b(?:0 {_MEANS}\b[^.!?\n]{{1,60}}\b1 {_MEANS}|1 {_MEANS}\b[^.!?\n]{{1,60}}\b0 {_MEANS})\b", re.IGNORECASE
)
# Every value: "one of 1, 2, 3, 4 or 5".
_VALUES: Final = re.compile(
    r"(?<![\d.,A-Za-z])[01](?:\s*,\s*\d){1,8}(?:,?\s*(?:or|and|oder|und|o|y|ou|et|e)\s*\d)?(?![\w.,]*\d)", re.IGNORECASE
)
# How many values there are: "on a five-point scale", "score it out of 5".
_HIGHEST: Final = compile_cue(
    en=(
        rf"(?:on|using|with|by) an? (?P<en_scale>{_WORDED})[- ](?:point|star|level)s? (?:\w+ )?scale"
        rf"|(?:rate|score|evaluate)\b[^.?!\n]{{0,80}}\bout of (?P<en_out>{_WORDED})(?: (?:stars|points))?"
    ),
    de=rf"(?P<de>{_WORDED})(?:stufige[nr]? skala|-(?:punkte|sterne)-skala)",
    es=rf"escala de (?P<es>{_WORDED}) (?:puntos|estrellas)",
    fr=rf"échelle (?:de|à|en) (?P<fr_scale>{_WORDED}) points|note[rz]?\b[^.?!\n]{{0,80}}\bsur (?P<fr_out>{_WORDED})",
    it=rf"scala (?:di|a|da) (?P<it>{_WORDED}) (?:punti|stelle)",
    ja=r"(?P<ja>\d)段階",
)
_NEAR: Final = 80
_TEN: Final = 10


def find_count(instruction: str, list_length: int) -> int | None:
    """Return how many of `list_length` items are asked for, None where the instruction names no number.

    A number counts when it follows a word of choosing ("select the top 3") or stands before "numbers" or "indices".
    One that is not below the length of the list tells that length ("from a list of 15 snippets").
    """
    text = _SEPARATOR_TALK.sub(" ", instruction)
    for pattern in (_AFTER_CHOOSING, _BEFORE_NOUN, _JAPANESE_COUNT):
        for match in pattern.finditer(text):
            number = parse_number(match["number"])
            if number is not None and 1 <= number < list_length:
                return number
    return None


def find_scale(instruction: str, *, is_told: bool = False) -> tuple[str, ...]:
    """Return the labels of the scale that an instruction rates on ("1" ... "5"), empty where there is none.

    A scale goes from 0 or 1 to a digit. Its numbers stand near a word of rating, unless it is said what they mean, or
    the question `is_told` to be a multiple choice and lists no options. A scale of two values must be told.
    """
    for low, high, place in _ranges(instruction):
        near = instruction[max(0, place.start() - _NEAR) : place.end() + _NEAR]
        is_rating = place.groupdict().get("gloss") or _RATING.search(near)
        if low in {0, 1} and low + (0 if is_told else 1) < high < _TEN and (is_told or is_rating):
            return tuple(str(value) for value in range(low, high + 1))
    return ()


def _ranges(instruction: str) -> Iterator[tuple[int, int, re.Match[str]]]:
    """Yield the lowest and the highest value of everything that may be a scale, and where it stands."""
    for match in _RANGE.finditer(instruction):
        low, high = parse_number(match["low"]), parse_number(match["high"])
        if low is not None and high is not None and low + 1 < high:
            yield low, high, match
    equated = list(_EQUATED.finditer(instruction))
    if len(equated) > 1:
        yield int(equated[0][1]), int(equated[-1][1]), equated[0]
    for match in _VALUES.finditer(instruction):
        values = [int(value) for value in re.findall(r"\d", match.group())]
        if values == list(range(values[0], values[0] + len(values))):
            yield values[0], values[-1], match
    yield from ((0, 1, match) for match in _YES_OR_NO.finditer(instruction))
    for match in _HIGHEST.finditer(instruction):
        high = next(filter(None, map(parse_number, filter(None, match.groups()))), None)
        if high is not None:
            yield 1, high, match

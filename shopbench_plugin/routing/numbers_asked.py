"""What an instruction says in numbers: how many answers it asks for, and the scale it rates on."""

import re
from typing import Final

from shopbench_plugin.numerals import NUMBER_WORDS, parse_number
from shopbench_plugin.routing.languages import compile_cue

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
    en=r"scales?|rat(?:e|ed|ing)s?|scores?|stars?|points?",
    de=r"\w*skala|\w*bewert\w*|sternen?|punkten?",
    es=r"escala|puntú\w*|puntua\w*|estrellas|valora\w*|evalú\w*",
    fr=r"échelle|note[rz]?|étoiles?|évalue[rz]?",
    it=r"scala|valuta\w*|stelle|voto|punteggio",
    ja=r"段階|尺度|評価|星|スコア|点",
)
_RANGE: Final = re.compile(
    rf"(?<![\d.,A-Za-z])(?P<low>{_WORDED})\s*(?:-|–|—|~|から|より|\b(?:to|through|bis|und|and|a|al|à|et|y|e)\b)\s*"
    rf"(?P<high>{_WORDED})(?![\w.,]*\d)",
    re.IGNORECASE,
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

    A range from 0 or 1 to a digit is one near a word of rating, or anywhere where the question `is_told` to be a
    multiple choice and lists no options.
    """
    for match in _RANGE.finditer(instruction):
        low, high = parse_number(match["low"]), parse_number(match["high"])
        near = instruction[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        if low in {0, 1} and high is not None and low + 1 < high < _TEN and (is_told or _RATING.search(near)):
            return tuple(str(value) for value in range(low, high + 1))
    return ()

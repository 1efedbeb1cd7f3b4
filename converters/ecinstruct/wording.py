"""Letters to numbers in an instruction's wording, where "A" may also be an article and "letter" a piece of mail."""

import re
from functools import lru_cache
from itertools import takewhile
from string import ascii_uppercase

from shopbench_plugin.ecinstruct.labels import NUMBERS

_NO_WORD = r"(?![AI]\s+(?!(?:and|or|to|through|if|is|for)\b)[a-z])"  # "A product", "I think"
_PAUSE = rf"\s*(?:[,;]|(?:,\s*)?(?:\.{{2,}}|…)(?:\s*,)?)\s*(?:(?:or|and)\s+|&\s*)?{_NO_WORD}"
_JOINT = rf"(?:{_PAUSE}|\s*[/|>-]\s*|\s*–\s*|\s+(?:or|and|to|through)\s+)"
_LABEL = r"[A-Z](?:\s?\([^()]*\))?"
# "A, B, C", "A, B, or C", "A/B/C", "A to E", "A-E", "A, ..., T", "A (best) to E (worst)": two or more single capitals
# in a row. "&" joins the last ones only, since "Q & A" and "R&D" are words.
_ENUMERATION = re.compile(
    rf"(?<![\w&])(?<!& )(?<!\w['’])(?:{_LABEL}(?:{_JOINT}{_LABEL})+(?:\s*&\s*[A-Z])?|A\s*&\s*B)(?!\w|['’&]\w)"
)
_LETTER = re.compile(r"\([^()]*\)|(?<!\w)[A-Z](?!\w)")
# "A: very positive", "A. exact", "A = exact", "A if it is exact", if other labels show that it is one.
_EXPLAINED = re.compile(
    r"(?<![\w'’.-])(?<![Vv]itamin )([A-Z])"
    r"(?=\s?[:)]|\.\s+(?![A-Z]\.)\S|\.\s*$|\s*[=→]|\s+(?:if|when|for|is|means)\b)"
)
# "(A: very positive", "B) no": without a word before it, unlike "vitamin C: good".
_BEFORE_TEXT = re.compile(r"(?<![\w'’.-])(?<![A-Za-z] )([A-Z])(?=\s?[:)])")
_QUOTED = re.compile(r"""(?<=["'“‘`(\[])([A-Z])(?=["'”’`)\]])""")
_NAMED = re.compile(
    r"\b((?i:(?:option|choice|label|item|product|answer|letter)s?|as|like|example|e\.g\.)[:,]? )([A-HJ-Z])(?![\w'’])"
)
# "Output A.", "Respond with A if it is exact".
_WRITTEN = re.compile(
    r"\b((?i:output|answer|respond|reply|return|write|choose|select|pick)(?:,? (?:with|only|just))*:? )([A-Z])"
    r"(?=[.,:;!?)](?:\s|$)|\s+(?:if|when|for|or|otherwise)\b|$)"
)
_LETTER_WORD = re.compile(r"\b([Ll])etter(s?)\b(?![- ]sized?\b)")


@lru_cache(maxsize=4096)
def number_wording(instruction: str) -> str:
    """Return `instruction` with letter labels as numbers and "letter" as "number"; other words are unchanged.

    ECInstruct has about sixty instructions for its 264,000 rows, so each is rewritten once.
    """
    labels = _find_labels(instruction)
    text = _ENUMERATION.sub(lambda found: _LETTER.sub(_replace_letter, found[0]), instruction)
    text = _EXPLAINED.sub(lambda found: NUMBERS[found[1]] if found[1] in labels else found[1], text)
    text = _BEFORE_TEXT.sub(lambda found: NUMBERS[found[1]], text)
    text = _QUOTED.sub(lambda found: NUMBERS[found[1]], text)
    for named in (_NAMED, _WRITTEN):
        text = named.sub(lambda found: f"{found[1]}{NUMBERS[found[2]]}", text)
    return _LETTER_WORD.sub(lambda found: f"{'N' if found[1] == 'L' else 'n'}umber{found[2]}", text)


def _find_labels(instruction: str) -> str:
    """Return the letters that are certainly labels: up to the last of an enumeration, or explained from A and B on.

    A single explained letter may be something else: "hepatitis B is", "C. Smith".
    """
    listed = [letter for found in _ENUMERATION.finditer(instruction) for letter in _LETTER.findall(found[0])]
    last = max((ascii_uppercase.index(letter) for letter in listed if len(letter) == 1), default=-1)
    explained = set(_EXPLAINED.findall(instruction))
    run = sum(1 for _ in takewhile(explained.__contains__, ascii_uppercase))
    return ascii_uppercase[: max(last + 1, run if run > 1 else 0)]


def _replace_letter(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("(") else NUMBERS[found[0]]

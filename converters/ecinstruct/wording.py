"""Letters to numbers in the wording of an instruction, where "A" is also an article and "letter" a word."""

import re
from functools import lru_cache

from converters.ecinstruct.labels import number_of

# "A, B, C", "A, B, or C", "A/B/C", "A to E", "A-E": two or more single capitals that stand in a row.
_JOINT = r"(?:\s*,\s*(?:(?:or|and)\s+)?|\s*[/|>-]\s*|\s*–\s*|\s+(?:or|and|to|through)\s+)"
_ENUMERATION = re.compile(rf"(?<![\w'’])[A-Z]{_JOINT}(?:[A-Z]{_JOINT})*[A-Z](?![\w'’])")
# "A: very positive", "(A) exact", "'B'", "option C".
_BEFORE_TEXT = re.compile(r"(?<![\w'’.])([A-Z])(?=\s?[:)])")
_QUOTED = re.compile(r"""(?<=["'“‘`(\[])([A-Z])(?=["'”’`)\]])""")
_NAMED = re.compile(
    r"\b((?i:(?:option|choice|label|item|product|answer|letter)s?|as|like|example|e\.g\.)[:,]? )([A-HJ-Z])(?![\w'’])"
)
_LETTER = re.compile(r"(?<![\w'’])[A-Z](?![\w'’])")
_LETTER_WORD = re.compile(r"\b([Ll])etter(s?)\b")


@lru_cache(maxsize=4096)
def number_wording(instruction: str) -> str:
    """Return `instruction` with letter labels as numbers and "letter" as "number"; all other words stay.

    ECInstruct has some sixty instructions for its 264,000 rows, so each is rewritten once.
    """
    text = _ENUMERATION.sub(lambda found: _LETTER.sub(_replace_letter, found[0]), instruction)
    text = _BEFORE_TEXT.sub(lambda found: str(number_of(found[1])), text)
    text = _QUOTED.sub(lambda found: str(number_of(found[1])), text)
    text = _NAMED.sub(lambda found: f"{found[1]}{number_of(found[2])}", text)
    return _LETTER_WORD.sub(lambda found: f"{'N' if found[1] == 'L' else 'n'}umber{found[2]}", text)


def _replace_letter(found: re.Match[str]) -> str:
    return str(number_of(found[0]))

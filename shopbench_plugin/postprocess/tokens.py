"""What counts as a separate number or letter in a model's output."""

from typing import Final

from shopbench_plugin.core.words import SPACED_CHARACTER

NUMBER_START: Final = rf"(?<![$€£¥])(?<!{SPACED_CHARACTER})"
"""Pattern before a number: no currency, letter or digit of a script with blanks; the 2 of "選択肢2" counts."""

NUMBER_END: Final = rf"(?!{SPACED_CHARACTER})"
"""Pattern after a number, likewise: the 3 of "3です" counts, that of "3rd" doesn't."""

_KATAKANA: Final = r"[\u30a0-\u30ff]"
LETTER: Final = rf"(?<!{SPACED_CHARACTER})(?<!{_KATAKANA})[A-Za-z](?!{SPACED_CHARACTER}|{_KATAKANA}|['’])"
"""Pattern of a letter that is not part of a word; next to katakana it is: "Tシャツ", "ビタミンC"."""

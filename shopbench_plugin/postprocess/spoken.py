"""What models say in any language, as regular expressions: yes, no, which one, none of these."""

import re
from typing import Final

from shopbench_plugin.language.phrases import compile_phrases, one_of, one_of_each, spaced, unspaced

YES: Final = compile_phrases(lambda language: language.speech.yes)
NO: Final = compile_phrases(lambda language: language.speech.no)
DIFFERENT: Final = compile_phrases(lambda language: language.speech.different)
SAME: Final = compile_phrases(lambda language: language.speech.same)
EXCEPT: Final = compile_phrases(lambda language: language.speech.exceptions)
EVERYTHING: Final = compile_phrases(lambda language: language.speech.everything)
DENIALS: Final = one_of(lambda language: language.speech.denials)
NOT: Final = compile_phrases(lambda language: language.speech.negations)
BUT: Final = compile_phrases(lambda language: language.speech.turns)
BECAUSE: Final = compile_phrases(lambda language: language.speech.reasons)
THEREFORE: Final = compile_phrases(lambda language: language.speech.therefore)
CONCLUSION: Final = compile_phrases(lambda language: language.speech.conclusions)
HEDGE: Final = compile_phrases(lambda language: language.speech.hedges)
UNKNOWN: Final = compile_phrases(lambda language: language.speech.unknown)
LEAST_TO_MOST: Final = compile_phrases(lambda language: language.speech.rising)
COMES_LAST: Final = one_of(lambda language: language.speech.comes_last)

OPTION: Final = one_of(lambda language: language.speech.options)
ORDINALS: Final = one_of_each(lambda language: language.speech.ordinals)
"""Ordinals from the first on, as patterns."""
LAST: Final = one_of(lambda language: language.speech.last)
ANSWERS: Final = spaced(lambda language: language.speech.answers)
UNSPACED_ANSWERS: Final = unspaced(lambda language: language.speech.answers)

STARS: Final = spaced(lambda language: language.speech.stars)
UNSPACED_STARS: Final = unspaced(lambda language: language.speech.stars)
POINTS: Final = one_of(lambda language: language.speech.points)
OUT_OF: Final = rf"(?:/|{one_of(lambda language: language.speech.out_of)})"
FULL_MARKS: Final = one_of(lambda language: language.speech.full_marks)
VERY: Final = one_of(lambda language: language.speech.very)
SENTIMENTS: Final = tuple(
    (step / 4, pattern) for step, pattern in enumerate(one_of_each(lambda language: language.speech.sentiments))
)
"""The position on a scale, from 0, its lowest value, to 1, and the pattern of the words for it."""
RANKS: Final = one_of(lambda language: language.speech.ranks)
SCORES: Final = one_of(lambda language: language.speech.scores)

AND: Final = re.sub(r"(?<=[:|])\w(?=[|)])", r"(?-i:\g<0>)", spaced(lambda language: language.speech.and_))
"""A letter that is a word joins in lower case only: "vitamina D e ferro", but "Vitamin E"."""
UNSPACED_AND: Final = unspaced(lambda language: language.speech.and_)
ARTICLES: Final = one_of(lambda language: language.speech.articles)
IS: Final = spaced(lambda language: language.speech.copulas)
UNSPACED_IS: Final = unspaced(lambda language: language.speech.copulas)
TO: Final = one_of(lambda language: language.speech.to)
AFTER_LETTERS: Final = one_of(lambda language: language.speech.after_letters)

AGREED: Final = re.compile(r"[✓✔✅☑]|\[[xX]\]")
REFUSED: Final = re.compile(r"[✗✘❌☒☐]|\[ \]")

"""Cues in the languages of ShopBench: one pattern a language, compiled into one expression."""

import re


def compile_cue(**pattern_by_language: str) -> re.Pattern[str]:
    """Return an expression that finds any of the patterns (en, de, es, fr, it, ja), upper or lower case.

    Patterns of languages that put blanks between words match whole words only; the Japanese one matches anywhere.
    """
    unspaced = pattern_by_language.pop("ja", "")
    spaced = "|".join(pattern_by_language.values())
    return re.compile("|".join(filter(None, (rf"\b(?:{spaced})\b", unspaced))), re.IGNORECASE)

"""Whether any of many wordings occurs in a text, without trying each of them at every character.

A regular expression of hundreds of alternatives, upper or lower case, is tried in full at each place. Nearly all
wordings begin with fixed letters ("rank", "sort"), so they are looked up by the beginnings of the text's words
and matched only if theirs occurs. The result is the same as the regular expression's.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from re import _parser as parser  # type: ignore[attr-defined]  # the parser of `re` itself has no stubs
from typing import Any, Final

from shopbench_plugin.language.reading import read_languages
from shopbench_plugin.language.record import Language, Patterns

_KEY_LENGTH: Final = 3
_WORD: Final = re.compile(r"\w+")
# Characters besides "I" and "S" that match "i" and "s" if case is ignored; lower case covers all other pairs.
_SAME_LETTERS: Final = {ord("İ"): "i", ord("ı"): "i", ord("ſ"): "s"}
_NEVER: Final = r"(?!)"


class WordedText:
    """A text, the same in lower case, character by character, and the first one to three characters of its words."""

    __slots__ = ("beginnings", "lowered", "text")

    def __init__(self, text: str) -> None:
        """Read the words of `text`."""
        self.text = text
        self.lowered = _lower(text)
        words = set(_WORD.findall(self.lowered))
        self.beginnings = {word[:length] for word in words for length in range(1, _KEY_LENGTH + 1)}


class CueSearch:
    """Finds any of the patterns that `choose` selects from every language, ignoring case.

    Those of languages with blanks between words match whole words only, the others anywhere.
    """

    def __init__(self, choose: Callable[[Language], Patterns]) -> None:
        """Sort the patterns by their beginnings; they are compiled when a text has a word that begins so."""
        self._keyed: dict[str, list[tuple[str, str]]] = {}
        anywhere: list[str] = []
        beyond_ascii: list[str] = []
        for language in read_languages().values():
            for pattern in choose(language):
                found = _find_beginnings(list(parser.parse(pattern)))
                if not language.has_blanks:
                    (anywhere if any(map(str.isascii, found or "a")) else beyond_ascii).append(pattern)
                elif found and all(map(_WORD.match, found)):
                    self._add(found, rf"\b(?:{pattern})\b")
                else:
                    anywhere.append(rf"\b(?:{pattern})\b")
        self._anywhere = re.compile("|".join(anywhere) or _NEVER, re.IGNORECASE)
        self._beyond_ascii = re.compile("|".join(beyond_ascii) or _NEVER, re.IGNORECASE)

    def _add(self, beginnings: Iterable[str], pattern: str) -> None:
        for beginning in beginnings:
            word = _WORD.match(beginning)
            entries = self._keyed.setdefault(word.group()[:_KEY_LENGTH] if word else "", [])
            if (beginning, pattern) not in entries:
                entries.append((beginning, pattern))

    def occurs(self, worded: WordedText) -> bool:
        """Return whether any of the patterns is in the text."""
        keys = self._keyed.keys() & worded.beginnings
        if any(_occurs(worded, *entry) for key in keys for entry in self._keyed[key]):
            return True
        if self._anywhere.search(worded.text):
            return True
        return not worded.text.isascii() and self._beyond_ascii.search(worded.text) is not None


def _occurs(worded: WordedText, beginning: str, pattern: str) -> bool:
    place = worded.lowered.find(beginning)
    while place >= 0:
        if _compile(pattern).match(worded.text, place):
            return True
        place = worded.lowered.find(beginning, place + 1)
    return False


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_SAME_LETTERS).lower()


def _find_beginnings(tokens: Sequence[Any]) -> set[str] | None:
    """Return texts, in lower case, one of which each match of a parsed pattern begins with; None if unknown."""
    literals = ""
    for place, (code, argument) in enumerate(tokens):
        name = str(code)
        if name == "LITERAL":
            literals += chr(argument)
        elif literals:
            break
        elif name not in {"AT", "ASSERT", "ASSERT_NOT"}:  # which match no character
            return _find_choices(name, argument, tokens[place + 1 :])
    return {_lower(literals)} if literals else None


def _find_choices(name: str, argument: Any, behind: Sequence[Any]) -> set[str] | None:
    """Return the beginnings of a group; if it is optional, also those of what follows it."""
    if name == "BRANCH":
        choices = [list(choice) for choice in argument[1]]
    elif name in {"MAX_REPEAT", "MIN_REPEAT"}:
        fewest, _, repeated = argument
        choices = [list(repeated)] if fewest else [list(repeated), list(behind)]
    elif name == "SUBPATTERN":
        choices = [list(argument[3])]
    else:
        return None
    found = [_find_beginnings(choice) for choice in choices]
    return None if None in found else {one for choice in found if choice for one in choice}

"""What an instruction asks for, read off its verbs and nouns in every language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

from shopbench_plugin.language.cue_search import CueSearch, WordedText
from shopbench_plugin.language.record import Language, Patterns

_END_OF_SENTENCE: Final = re.compile(r"[.?!](?=\s|\Z)|\n")


@dataclass(frozen=True, slots=True)
class Cues:
    """What an instruction asks for; several may hold at once, the decision is made elsewhere.

    Attributes:
        order: to put things into an order.
        indices: to name things by their numbers.
        one_index: to name one thing by its number.
        several: to name as many as there are, or to part them by commas.
        one_of_list: to name just one of a list.
        listing: it speaks of a list, of options, or of "the following" things.
        choice: to choose, or it asks which.
        entities: to find entities or attribute values, in as many words.
        finding: to find something, or it asks what it is.
        extraction: to extract or quote something.
        kinds: to find something that may be an entity (a brand), or words of the text.
        sources: it speaks of a query or a title.
        excerpt: to take a phrase from a text.
        composition: to write something new: a translation, an explanation, a title.
        anything: to do or answer anything else that needs a text.
    """

    order: bool
    indices: bool
    one_index: bool
    several: bool
    one_of_list: bool
    listing: bool
    choice: bool
    entities: bool
    finding: bool
    extraction: bool
    kinds: bool
    sources: bool
    excerpt: bool
    composition: bool
    anything: bool

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is asked for."""
        return not any(getattr(self, name) for name in self.__slots__)


@lru_cache(maxsize=256)
def read_cues(instruction: str) -> Cues:
    """Return the cues in an instruction, which holds neither material nor quoted titles any more."""
    searches = _searches()
    whole = WordedText(instruction)

    def finds(name: str, text: WordedText = whole) -> bool:
        return searches[name].occurs(text)

    sentences = map(WordedText, _END_OF_SENTENCE.split(instruction))
    return Cues(
        order=finds("order"),
        indices=finds("indices"),
        one_index=finds("one_index"),
        several=finds("several"),
        one_of_list=finds("one_of_list"),
        listing=finds("listing"),
        choice=finds("choice"),
        entities=finds("entities"),
        finding=finds("finding"),
        extraction=finds("excerpt_verbs"),
        kinds=any(finds("finding", one) and (finds("kinds", one) or finds("pieces", one)) for one in sentences),
        sources=finds("sources"),
        excerpt=finds("excerpt_verbs") and finds("phrases"),
        composition=finds("composition"),
        anything=finds("anything"),
    )


def names_kind(text: str) -> bool:
    """Tell whether `text` has a kind of entity in it, such as "brand"."""
    return _searches()["kinds"].occurs(WordedText(text))


@cache
def _searches() -> Mapping[str, CueSearch]:
    names = (
        *("order", "indices", "one_index", "several", "one_of_list", "listing", "choice", "entities", "finding"),
        *("kinds", "pieces", "sources", "excerpt_verbs", "phrases", "composition", "anything"),
    )
    return MappingProxyType({name: _make_search(name) for name in names})


def _make_search(name: str) -> CueSearch:
    def choose(language: Language) -> Patterns:
        patterns: Patterns = getattr(language.wording, name)
        return patterns

    return CueSearch(choose)

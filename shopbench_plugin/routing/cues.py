"""What an instruction asks for, read from its verbs and nouns in every language."""

import re
from functools import cache, cached_property, lru_cache
from operator import attrgetter
from typing import Final

from shopbench_plugin.language.reading import compile_cue

_COMMON_FIRST: Final = (
    *("anything", "choice", "listing", "finding", "extraction", "composition", "several", "order", "indices", "index"),
    *("one_index", "one_of_list", "entities", "kinds", "sources"),
)
"""All that may be asked for except an excerpt, which is an extraction; the most common cues come first."""
_END_OF_SENTENCE: Final = re.compile(r"[.?!](?=\s|\Z)|\n")


def _cue(name: str) -> "cached_property[bool]":
    return cached_property(lambda cues: _pattern(name).search(cues.words) is not None)


class Cues:
    """What an instruction asks for; several may be true at once, the decision is made elsewhere.

    Each is found by the patterns of the same name in `Wording`, which says what it means, and only on first access,
    because a question of a known type needs few of them.
    """

    order = _cue("order")
    indices = _cue("indices")
    index = _cue("index")
    one_index = _cue("one_index")
    several = _cue("several")
    one_of_list = _cue("one_of_list")
    listing = _cue("listing")
    choice = _cue("choice")
    entities = _cue("entities")
    finding = _cue("finding")
    extraction = _cue("excerpt_verbs")
    """Whether it asks to extract or quote something."""
    sources = _cue("sources")
    composition = _cue("composition")
    anything = _cue("anything")

    def __init__(self, instruction: str) -> None:
        """Read the words of an instruction, from which material and quoted titles have been removed."""
        self.words = _pattern("prohibitions").sub(" ", instruction)

    @cached_property
    def excerpt(self) -> bool:
        """Whether it asks to copy a phrase from a text."""
        return self.extraction and _pattern("phrases").search(self.words) is not None

    @cached_property
    def kinds(self) -> bool:
        """Whether one sentence asks to find something that may be an entity, or words of the text."""
        return any(
            _pattern("finding").search(one) and (_pattern("kinds").search(one) or _pattern("pieces").search(one))
            for one in _END_OF_SENTENCE.split(self.words)
        )

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is asked for."""
        return not any(getattr(self, name) for name in _COMMON_FIRST)


@lru_cache(maxsize=256)
def read_cues(instruction: str) -> Cues:
    """Return the cues in an instruction, cached by instruction."""
    return Cues(instruction)


def names_kind(text: str) -> bool:
    """Return whether `text` contains a kind of entity, such as "brand"."""
    return _pattern("kinds").search(text) is not None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Return what finds any of the patterns of one attribute of `Wording`, in every language."""
    return compile_cue(attrgetter(f"wording.{name}"))

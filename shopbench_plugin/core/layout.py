"""A question taken apart: its instruction, the material the instruction is about, and its list."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Listing:
    """A labelled list; `start` and `end` say where in the question it stands.

    `labels` are spelled as in the question but for leading zeros and fonts ("0", "15", "B"; "1" for "01" and "①"),
    since the evaluator reads numbers. `texts` are the items behind them, one line or several.
    """

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Field:
    """A piece of material and the name before its colon, in lower case ("review", "aspect")."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What an instruction quotes, without the quotation marks, and the few words before and behind it."""

    content: str
    before: str
    behind: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A question taken apart.

    Attributes:
        instruction: the question's own wording, without list items, material and quoted titles, digits narrowed.
        fields: the material with a header, in order.
        quotes: what the instruction quotes, in order.
        listing: the labelled list, where there is one.
        is_listing_in_field: the list counts from 1 or from "a" within a field, and nothing there announces options: it
            may be the reviewer's own numbering.
        is_listing_in_text: it follows right after words of that field, not after a line that ends in a colon.
        is_listing_after_phrase: that field is a query, a title or the like on a single line, where few people number
            anything.
    """

    instruction: str
    fields: tuple[Field, ...] = ()
    quotes: tuple[Quote, ...] = ()
    listing: Listing | None = None
    is_listing_in_field: bool = False
    is_listing_in_text: bool = False
    is_listing_after_phrase: bool = False


NOT_LAID_OUT: Final = Layout("")
"""The layout of a question that nobody read."""

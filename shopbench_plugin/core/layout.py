"""A question's parts: its instruction, the material it is about, and its list."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Listing:
    """A labelled list at characters `start` to `end` of the question.

    `labels` are spelled as in the question except for leading zeros and fonts ("0", "15", "B"; "1" for "01" and "①"),
    since the evaluator reads numbers. `texts` are the items after them, of one or more lines.
    """

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Field:
    """A piece of material and its header before the colon, in lower case ("review", "aspect")."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation in an instruction, without the quotation marks, and the few words before and after it."""

    content: str
    before: str
    behind: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A question's parts.

    Attributes:
        instruction: the question's wording without list items, material and quoted titles, digits in half width.
        fields: the material with a header, in order.
        quotes: what the instruction quotes, in order.
        listing: the labelled list, if there is one.
        is_listing_in_field: the list counts from 1 or from "a" within a field that doesn't announce options: it may be
            the reviewer's own numbering.
        is_listing_after_phrase: that field is a query, a title or the like on a single line, which is rarely numbered.
    """

    instruction: str
    fields: tuple[Field, ...] = ()
    quotes: tuple[Quote, ...] = ()
    listing: Listing | None = None
    is_listing_in_field: bool = False
    is_listing_after_phrase: bool = False


NOT_LAID_OUT: Final = Layout("")
"""The layout of a question that has not been read."""

"""What the project knows of one language: the content of one YAML file, which a native speaker can review."""

from dataclasses import dataclass, field
from typing import Final

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.core.yaml_files import STRICT
from shopbench_plugin.language.speech import Remarks, Speech, Words

Patterns = tuple[str, ...]
"""Words and phrases, or regular expressions of them; `{number}` is a number in digits or words."""


@dataclass(frozen=True, slots=True)
class Sentences:
    r"""The sentence before a question that asks for the answer alone: one per task type.

    `chain_of_thought` replaces it in multiple choice with reasoning first (--cot): the answer must then match
    `[A-Za-z][^\|]{10,100}\|\d`, so it asks for reasoning that begins with a Latin letter, a bar, and the number.
    """

    multiple_choice: str
    ranking: str
    retrieval: str
    named_entity_recognition: str
    generation: str
    chain_of_thought: str

    __pydantic_config__ = STRICT

    def for_type(self, task_type: TaskType) -> str:
        """Return the sentence that asks for the answer alone."""
        return str(getattr(self, task_type.name.lower()))


@dataclass(frozen=True, slots=True)
class Headers:
    """The names that sections of a question have before their colon.

    Attributes:
        labels: words before an option's label: "Option A: ...".
        instruction: of the instruction itself.
        response: of the place for the answer.
        reviews: of a customer's review.
        texts: of any other running text.
        queries: of what a shopper searched for.
        titles: of a product's title.
        phrases: of other material on a single line.
        others: of other material.
        pointers: words before such a name that make it part of a sentence: "from this query: ...".
        below: words after such a name that point to what follows.
        lists: the last word of a header that announces a list.
        introductions: other words that introduce a quoted text: "searched for '...'".
        within: prepositions that introduce one: "from '...'".
        links: words between an introduction and the quotation.
        behind: words that introduce a quotation by following it.
    """

    labels: Words = ()
    instruction: Patterns = ()
    response: Patterns = ()
    reviews: Words = ()
    texts: Words = ()
    queries: Words = ()
    titles: Words = ()
    phrases: Patterns = ()
    others: Patterns = ()
    pointers: Patterns = ()
    below: Patterns = ()
    lists: Patterns = ()
    introductions: Patterns = ()
    within: Patterns = ()
    links: Patterns = ()
    behind: Patterns = ()

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Wording:
    """How an instruction words what it asks for.

    Attributes:
        order: to put things in order.
        indices: to identify things by their numbers.
        index: to identify one or several things by number, in a language without plurals.
        one_index: to identify one thing by its number.
        several: to name as many as fit, or to separate them by commas.
        listing: that there is a list, or options.
        one_of_list: to name just one of a list.
        choice: to choose, or which one.
        entities: to find entities or attribute values, explicitly.
        finding: verbs of finding and question words that make an entity question with `kinds` or `pieces`.
        kinds: kinds of entities: brand, colour.
        sources: where entities are found: query, title.
        pieces: general names for parts of a text: words, terms.
        excerpt_verbs: to copy from a text; with `phrases`, to copy a phrase of it.
        phrases: what is copied.
        composition: to write something new: a translation, an explanation, a title.
        prohibitions: not to explain, translate or order anything, which no cue is read from.
        anything: to do or answer anything else that needs a text.
        choosing: verbs before the number of items asked for.
        exactly: words before "one" that make it a number, not an article.
        answer_nouns: nouns for answers, after a number: "three numbers".
        answer_adjectives: words between that number and noun.
        bounds: words before the minimum number asked for: "at least two"; with `{number}` if words have no blanks.
        separators: words before a number that describes the separator: "between two numbers".
        each: words between a separator and that number.
        whether: words after which a number is not the number asked for.
        counts: other ways to say how many are asked for.
        arithmetic: to calculate, count or convert units.
    """

    order: Patterns = ()
    indices: Patterns = ()
    index: Patterns = ()
    one_index: Patterns = ()
    several: Patterns = ()
    listing: Patterns = ()
    one_of_list: Patterns = ()
    choice: Patterns = ()
    entities: Patterns = ()
    finding: Patterns = ()
    kinds: Patterns = ()
    sources: Patterns = ()
    pieces: Patterns = ()
    excerpt_verbs: Patterns = ()
    phrases: Patterns = ()
    composition: Patterns = ()
    prohibitions: Patterns = ()
    anything: Patterns = ()
    choosing: Patterns = ()
    exactly: Patterns = ()
    answer_nouns: Patterns = ()
    answer_adjectives: Patterns = ()
    bounds: Patterns = ()
    separators: Patterns = ()
    each: Patterns = ()
    whether: Patterns = ()
    counts: Patterns = ()
    arithmetic: Patterns = ()

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Scales:
    """How a rating scale is worded.

    Attributes:
        rating: words of rating, near which numbers are a scale.
        to: words between its two ends.
        or_: words before its last value.
        answer: verbs before the values to answer with (after them if the language has no blanks between words).
        means: words between a value and what it means: "0 for no".
        then: words between a meaning and its value: "良いなら1".
        otherwise: words before the value of all other cases.
        highest: ways to name only its highest value.
    """

    rating: Patterns = ()
    to: Patterns = ()
    or_: Patterns = ()
    answer: Patterns = ()
    means: Patterns = ()
    then: Patterns = ()
    otherwise: Patterns = ()
    highest: Patterns = ()

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Language:
    """One language; the position of a word in `numerals` is its value.

    Attributes:
        code: the two-letter code of ISO 639-1.
        name: the English name.
        has_blanks: words are separated by blanks.
        sentences: the sentences before a question.
        function_words: words that identify a text as being in this language, in one string.
        script: a regular expression of the characters that identify it, if its script does.
        numerals: number words from zero.
        other_numerals: other forms of number words, with articles, and their values.
        headers: names of sections.
        wording: what questions ask for.
        scales: how scales are described.
        speech: how answers are worded.
        remarks: what is added around a text.
    """

    code: str
    name: str
    has_blanks: bool
    sentences: Sentences
    function_words: str = ""
    script: str | None = None
    numerals: Words = ()
    other_numerals: dict[str, int] | None = None
    headers: Headers = Headers()
    wording: Wording = Wording()
    scales: Scales = Scales()
    speech: Speech = field(default_factory=Speech)
    remarks: Remarks = field(default_factory=Remarks)

    __pydantic_config__ = STRICT


DEFAULT: Final = "en"
"""The language of a question if none is detected."""

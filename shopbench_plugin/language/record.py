"""What the project knows of one language: the content of one YAML file, which a native speaker can review."""

from dataclasses import dataclass
from typing import Final

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.core.yaml_files import STRICT

Words = tuple[str, ...]
"""Words and phrases in lower case, in the notation of `phrases.phrase_pattern`: `correct(e)`, `(de/du)`, `richtig*`."""

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
    """The names that sections of a question have before their colon."""

    labels: Words = ()  # words before an option's label: "Option A: ..."
    instruction: Patterns = ()  # of the instruction itself
    response: Patterns = ()  # of the place for the answer
    reviews: Words = ()  # of a customer's review
    texts: Words = ()  # of any other running text
    queries: Words = ()  # of what a shopper searched for
    titles: Words = ()  # of a product's title
    phrases: Patterns = ()  # of other material on a single line
    others: Patterns = ()  # of other material
    pointers: Patterns = ()  # words before such a name that make it part of a sentence: "from this query: ..."
    below: Patterns = ()  # words after such a name that point to what follows
    lists: Patterns = ()  # the last word of a header that announces a list
    introductions: Patterns = ()  # other words that introduce a quoted text: "searched for '...'"
    within: Patterns = ()  # prepositions that introduce one: "from '...'"
    links: Patterns = ()  # words between an introduction and the quotation
    behind: Patterns = ()  # words that introduce a quotation by following it

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Wording:
    """How an instruction words what it asks for."""

    order: Patterns = ()  # to put things in order
    indices: Patterns = ()  # to identify things by their numbers
    index: Patterns = ()  # to identify one or several things by number, in a language without plurals
    one_index: Patterns = ()  # to identify one thing by its number
    several: Patterns = ()  # to name as many as fit, or to separate them by commas
    listing: Patterns = ()  # that there is a list, or options
    one_of_list: Patterns = ()  # to name just one of a list
    choice: Patterns = ()  # to choose, or which one
    entities: Patterns = ()  # to find entities or attribute values, explicitly
    finding: Patterns = ()  # verbs of finding and question words that make an entity question with `kinds` or `pieces`
    kinds: Patterns = ()  # kinds of entities: brand, colour
    sources: Patterns = ()  # where entities are found: query, title
    pieces: Patterns = ()  # general names for parts of a text: words, terms
    excerpt_verbs: Patterns = ()  # to copy from a text; with `phrases`, to copy a phrase of it
    phrases: Patterns = ()  # what is copied
    composition: Patterns = ()  # to write something new: a translation, an explanation, a title
    prohibitions: Patterns = ()  # not to explain, translate or order anything, which no cue is read from
    anything: Patterns = ()  # to do or answer anything else that needs a text
    choosing: Patterns = ()  # verbs before the number of items asked for
    exactly: Patterns = ()  # words before "one" that make it a number, not an article
    answer_nouns: Patterns = ()  # nouns for answers, after a number: "three numbers"
    answer_adjectives: Patterns = ()  # words between that number and noun
    bounds: Patterns = ()  # words before a minimum number: "at least two"; with `{number}` if words have no blanks
    separators: Patterns = ()  # words before a number that describes the separator: "between two numbers"
    each: Patterns = ()  # words between a separator and that number
    whether: Patterns = ()  # words after which a number is not the number asked for
    counts: Patterns = ()  # other ways to say how many are asked for
    arithmetic: Patterns = ()  # to calculate, count or convert units

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Scales:
    """How a rating scale is worded."""

    rating: Patterns = ()  # words of rating, near which numbers are a scale
    to: Patterns = ()  # words between its two ends
    or_: Patterns = ()  # words before its last value
    answer: Patterns = ()  # verbs before the values to answer with (after them if words have no blanks)
    means: Patterns = ()  # words between a value and what it means: "0 for no"
    then: Patterns = ()  # words between a meaning and its value: "良いなら1"
    otherwise: Patterns = ()  # words before the value of all other cases
    highest: Patterns = ()  # ways to name only its highest value

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Speech:
    """How an answer refers to options, items, ratings and entities."""

    yes: Words = ()  # words that agree with a statement
    no: Words = ()  # words that deny it
    idioms: Words = ()  # phrases in which words such as yes and no have another meaning
    different: Words = ()  # that two things differ
    same: Words = ()  # that they are the same
    exceptions: Words = ()  # words for "all except": the items that are not named are meant
    everything: Words = ()  # that all items are meant
    denials: Words = ()  # words that deny what follows them
    negations: Words = ()  # words that exclude what is next to them
    rather: Words = ()  # words between what is excluded and what is correct instead, as literal text
    turns: Words = ()  # words that retract what comes before them
    reasons: Words = ()  # words that introduce a reason
    therefore: Words = ()  # words that introduce a consequence of all that comes before them
    conclusions: Words = ()  # words of a conclusion
    hedges: Words = ()  # words of a tentative first idea
    options: Words = ()  # what an option is called: "option 2"
    unknown: Words = ()  # that the answer can't be determined
    ordinals: tuple[Words, ...] = ()  # the forms of "first", of "second" and so on
    last: Words = ()  # the forms of "last"
    one: Words = ()  # words that an ordinal may precede besides `options`
    comes_last: Words = ()  # that an item is the last one
    rising: Words = ()  # that an order is given from the last to the first
    stars: Words = ()  # what stars are called
    points: Words = ()  # what points are called
    out_of: Words = ()  # words before the highest value: "4 out of 5"
    full_marks: Words = ()  # words after the highest value: "5点満点"
    very: Words = ()  # words that strengthen
    sentiments: tuple[Words, ...] = ()  # words for the values of a scale, from the lowest to the highest in five steps
    and_: Words = ()  # words that join or separate the members of a list
    also: Words = ()  # words after those
    articles: Words = ()  # definite and indefinite
    copulas: Words = ()  # forms of "is" before an answer
    it_is: Words = ()  # other ways to say "it is"
    as_: Words = ()  # words before the kind of something
    between: Words = ()  # words before two options of which neither is chosen yet
    to: Words = ()  # words between the two ends of a range
    asides: Words = ()  # words that begin a remark after a comma
    continuations: Words = ()  # words after a number that make it a label, not a quantity
    lone_letters: Words = ()  # letters that are words
    after_letters: Words = ()  # words after such a letter that make it a label
    answers: Words = ()  # what an answer is called: "the answer is"
    names: Words = ()  # kinds of entities that may have an "and" in their name
    ranks: Words = ()  # what columns and keys of ranks are called
    scores: Words = ()  # what columns and keys of scores are called
    before_numbers: Words = ()  # signs directly before a number, without a blank
    behind_numbers: Words = ()  # signs after the number of a place
    counters: str = ""  # characters after a number that make it a quantity

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Remarks:
    """What models add around a requested text."""

    texts: Words = ()  # what such a text is called: "Title: ..."
    adjectives: Words = ()  # words before that name
    languages: Words = ()  # names of languages next to that name
    behind_texts: Words = ()  # words after that name
    finals: Words = ()  # words before or after the name of a last version
    links: Words = ()  # words that connect that name to what follows it: "title for ..."
    renders: Words = ()  # verbs between a quoted text and its translation
    openers: Words = ()  # words that an introduction begins with
    notes: Words = ()  # what a note at the end is called
    offers: Words = ()  # how offers after a text begin
    afterwords: Words = ()  # how paragraphs after a text that are not part of it begin
    proposals: Words = ()  # how a text in quotation marks is proposed
    glosses: Words = ()  # what begins an explanation in brackets after a text

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Language:
    """One language; the position of a word in `numerals` is its value."""

    code: str  # the two-letter code of ISO 639-1
    name: str  # the English name
    has_blanks: bool  # words are separated by blanks
    sentences: Sentences  # the sentences before a question
    function_words: str = ""  # words that identify a text as being in this language, in one string
    script: str | None = None  # a regular expression of the characters that identify it, if its script does
    numerals: Words = ()  # number words from zero
    other_numerals: dict[str, int] | None = None  # other forms of number words, with articles, and their values
    headers: Headers = Headers()  # names of sections
    wording: Wording = Wording()  # what questions ask for
    scales: Scales = Scales()  # how scales are described
    speech: Speech = Speech()  # how answers are worded
    remarks: Remarks = Remarks()  # what is added around a text

    __pydantic_config__ = STRICT


DEFAULT: Final = "en"
"""The language of a question if none is detected."""

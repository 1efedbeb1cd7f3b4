"""How models word their answers in one language: two sections of its YAML file."""

from dataclasses import dataclass

from shopbench_plugin.core.yaml_files import STRICT

Words = tuple[str, ...]
"""Words and phrases in lower case, in the notation of `phrases.phrase_pattern`: `correct(e)`, `(de/du)`, `richtig*`."""


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

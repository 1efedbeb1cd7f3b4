"""How models word their answers in one language: two sections of its YAML file."""

from dataclasses import dataclass

from shopbench_plugin.core.yaml_files import STRICT

Words = tuple[str, ...]
"""Words and phrases in lower case, in the notation of `phrases.phrase_pattern`: `correct(e)`, `(de/du)`, `richtig*`."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How an answer refers to options, items, ratings and entities.

    Attributes:
        yes: words that agree with a statement.
        no: words that deny it.
        idioms: phrases in which words such as yes and no have another meaning.
        different: that two things differ.
        same: that they are the same.
        exceptions: words for "all except": the items that are not named are meant.
        everything: that all items are meant.
        denials: words that deny what follows them.
        negations: words that exclude what is next to them.
        rather: words between what is excluded and what is correct instead, as literal text.
        turns: words that retract what comes before them.
        reasons: words that introduce a reason.
        therefore: words that introduce a consequence of all that comes before them.
        conclusions: words of a conclusion.
        hedges: words of a tentative first idea.
        options: what an option is called: "option 2".
        unknown: that the answer can't be determined.
        ordinals: the forms of "first", of "second" and so on.
        last: the forms of "last".
        one: words that an ordinal may precede besides `options`.
        comes_last: that an item is the last one.
        rising: that an order is given from the last to the first.
        stars: what stars are called.
        points: what points are called.
        out_of: words before the highest value: "4 out of 5".
        full_marks: words after the highest value: "5点満点".
        very: words that strengthen.
        sentiments: words for the values of a scale, from the lowest to the highest in five steps.
        and_: words that join or separate the members of a list.
        also: words after those.
        articles: definite and indefinite.
        copulas: forms of "is" before an answer.
        it_is: other ways to say "it is".
        as_: words before the kind of something.
        between: words before two options of which neither is chosen yet.
        to: words between the two ends of a range.
        asides: words that begin a remark after a comma.
        continuations: words after a number that make it a label, not a quantity.
        lone_letters: letters that are words.
        after_letters: words after such a letter that make it a label.
        answers: what an answer is called: "the answer is".
        names: kinds of entities that may have an "and" in their name.
        ranks: what columns and keys of ranks are called.
        scores: what columns and keys of scores are called.
        before_numbers: signs directly before a number, without a blank.
        behind_numbers: signs after the number of a place.
        counters: characters after a number that make it a quantity.
    """

    yes: Words = ()
    no: Words = ()
    idioms: Words = ()
    different: Words = ()
    same: Words = ()
    exceptions: Words = ()
    everything: Words = ()
    denials: Words = ()
    negations: Words = ()
    rather: Words = ()
    turns: Words = ()
    reasons: Words = ()
    therefore: Words = ()
    conclusions: Words = ()
    hedges: Words = ()
    options: Words = ()
    unknown: Words = ()
    ordinals: tuple[Words, ...] = ()
    last: Words = ()
    one: Words = ()
    comes_last: Words = ()
    rising: Words = ()
    stars: Words = ()
    points: Words = ()
    out_of: Words = ()
    full_marks: Words = ()
    very: Words = ()
    sentiments: tuple[Words, ...] = ()
    and_: Words = ()
    also: Words = ()
    articles: Words = ()
    copulas: Words = ()
    it_is: Words = ()
    as_: Words = ()
    between: Words = ()
    to: Words = ()
    asides: Words = ()
    continuations: Words = ()
    lone_letters: Words = ()
    after_letters: Words = ()
    answers: Words = ()
    names: Words = ()
    ranks: Words = ()
    scores: Words = ()
    before_numbers: Words = ()
    behind_numbers: Words = ()
    counters: str = ""

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Remarks:
    """What models add around a requested text.

    Attributes:
        texts: what such a text is called: "Title: ...".
        adjectives: words before that name.
        languages: names of languages next to that name.
        behind_texts: words after that name.
        finals: words before or after the name of a last version.
        links: words that connect that name to what follows it: "title for ...".
        renders: verbs between a quoted text and its translation.
        openers: words that an introduction begins with.
        notes: what a note at the end is called.
        offers: how offers after a text begin.
        afterwords: how paragraphs after a text that are not part of it begin.
        proposals: how a text in quotation marks is proposed.
        glosses: what begins an explanation in brackets after a text.
    """

    texts: Words = ()
    adjectives: Words = ()
    languages: Words = ()
    behind_texts: Words = ()
    finals: Words = ()
    links: Words = ()
    renders: Words = ()
    openers: Words = ()
    notes: Words = ()
    offers: Words = ()
    afterwords: Words = ()
    proposals: Words = ()
    glosses: Words = ()

    __pydantic_config__ = STRICT

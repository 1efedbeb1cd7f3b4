"""How models say their answers in one language: two sections of its YAML file."""

from dataclasses import dataclass

from shopbench_plugin.core.yaml_files import STRICT

Words = tuple[str, ...]
"""Words and phrases in lower case, in the notation of `phrases.phrase_pattern`: `correct(e)`, `(de/du)`, `richtig*`."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How an answer speaks of options, items, ratings and entities.

    Attributes:
        yes: how a statement is agreed with.
        no: how it is denied.
        idioms: phrases in which words of yes, no and the like don't mean what they mean elsewhere.
        different: that two things differ.
        same: that they are the same.
        exceptions: words of leaving out: all that they don't name is meant.
        everything: that all items are meant.
        denials: the words that deny what follows them.
        negations: words that exclude what they stand beside.
        rather: words behind what is excluded and before what holds instead, as they are written.
        turns: words that take back what stands before them.
        reasons: words that begin a reason.
        therefore: words before what follows from all that is said before them.
        conclusions: words of a conclusion.
        hedges: words of a first thought.
        options: what an option is called: "option 2".
        unknown: that nothing can be told.
        ordinals: the forms of "first", of "second" and so on.
        last: the forms of "last".
        one: what an ordinal may stand for besides `options`.
        comes_last: that an item is the last one.
        rising: that an order is told from the last to the first.
        stars: what stars are called.
        points: what points are called.
        out_of: words before the highest value: "4 out of 5".
        full_marks: words behind the highest value: "5点満点".
        very: words that strengthen.
        sentiments: words for the values of a scale, from the lowest to the highest in five steps.
        and_: words that join or separate the members of a list.
        also: words behind those.
        articles: definite and indefinite.
        copulas: forms of "is" before an answer.
        it_is: other ways to say "it is".
        as_: words before the kind that something is of.
        between: words before two options none of which is chosen yet.
        to: words between the two ends of a range.
        asides: words that begin a remark behind a comma.
        continuations: words behind a number that make it a label and no quantity.
        lone_letters: letters that are words.
        after_letters: words behind such a letter that make it a label.
        answers: what an answer is called: "the answer is".
        names: kinds of entities that may have an "and" in their name.
        ranks: what columns and keys of ranks are called.
        scores: what columns and keys of scores are called.
        before_numbers: signs before a number, without a blank.
        behind_numbers: signs behind the number of a place.
        counters: characters behind a number that is a quantity.
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
    """What is said around a text that was asked for.

    Attributes:
        texts: what such a text is called: "Title: ...".
        adjectives: words before that name.
        languages: names of languages beside it.
        behind_texts: words behind it.
        links: words behind it before what it is of.
        renders: verbs between a quoted text and its translation.
        openers: words that an introduction begins with.
        notes: what a note at the end is called.
        offers: how offers behind a text begin.
        afterwords: how paragraphs behind a text begin that are no part of it.
        proposals: how a text in quotation marks is proposed.
        glosses: what begins an explanation in brackets behind a text.
    """

    texts: Words = ()
    adjectives: Words = ()
    languages: Words = ()
    behind_texts: Words = ()
    links: Words = ()
    renders: Words = ()
    openers: Words = ()
    notes: Words = ()
    offers: Words = ()
    afterwords: Words = ()
    proposals: Words = ()
    glosses: Words = ()

    __pydantic_config__ = STRICT

"""What may be generated for a question, as plain data: every decision is made here, none by the engines."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from math import perm
from typing import Final

from shopbench_plugin.constraints.patterns import any_labels_pattern, distinct_labels_pattern, escape
from shopbench_plugin.constraints.spans import entity_list_pattern, excerpt_pattern
from shopbench_plugin.core.vocabulary import Routed, TaskType

_MOST_CHOICES: Final = 120
_MOST_SELECTIONS: Final = 33_000
_ENTITY_TOKENS: Final = 48
_EXCERPT_TOKENS: Final = 40
_TEXT_TOKENS: Final = 160
_REASONING_TOKENS: Final = 128


@dataclass(frozen=True, slots=True)
class Constraint:
    """The exact form of an answer, and its maximum length.

    Attributes:
        choices: all allowed answers; empty with `regex` or without a constraint.
        regex: a regular expression that the whole answer must match, in the common dialect of xgrammar, guidance and
            outlines; None with `choices` or without a constraint.
        max_tokens: enough for the longest answer if there is one (a tokenizer makes at most one token of a digit, a
            letter or a comma, and of each byte of any other label), else the length to cut at.
    """

    choices: tuple[str, ...] = ()
    regex: str | None = None
    max_tokens: int = _TEXT_TOKENS


def build_constraint(routed: Routed, *, chain_of_thought: bool = False) -> Constraint:
    r"""Return what may be generated for a routed question; equal answer spaces get the same object.

    Multiple choice: one of its labels; with `chain_of_thought` ten to a hundred characters of reasoning and a bar
    before it (the paper's `[A-Za-z][^\|]{10,100}\|\d`, its digit limited to the labels). Ranking: a permutation of the
    items. Retrieval: as many distinct indices as requested, three if any number is accepted. Named entities: a list of
    the query's words on one line. Excerpt: consecutive words of its passage. Any other text is limited only in length.
    """
    space = routed.answer_space
    thinks = chain_of_thought and routed.task_type is TaskType.MULTIPLE_CHOICE
    return _constrain(routed.task_type, space.labels, space.labels_wanted, space.passage, thinks=thinks)


@lru_cache(maxsize=1024)
def _constrain(
    task_type: TaskType, labels: tuple[str, ...], wanted: int, passage: str | None, *, thinks: bool
) -> Constraint:
    match task_type:
        case TaskType.MULTIPLE_CHOICE if thinks:
            options = "|".join(escape(label) for label in labels)
            return Constraint(regex=rf"[A-Za-z][^\|]{{10,100}}\|({options})", max_tokens=_REASONING_TOKENS)
        case TaskType.MULTIPLE_CHOICE:
            return Constraint(choices=labels, max_tokens=max(map(_most_tokens, labels), default=1))
        case TaskType.RANKING | TaskType.RETRIEVAL:
            return _constrain_labels(labels, wanted)
        case TaskType.NAMED_ENTITY_RECOGNITION:
            return Constraint(regex=entity_list_pattern(passage), max_tokens=_ENTITY_TOKENS)
        case TaskType.GENERATION if passage:
            return Constraint(regex=excerpt_pattern(passage), max_tokens=_EXCERPT_TOKENS)
        case TaskType.GENERATION:
            return Constraint()


def _constrain_labels(labels: tuple[str, ...], wanted: int) -> Constraint:
    longest = ",".join(sorted(labels, key=_most_tokens)[-wanted:])
    selections = perm(len(labels), wanted)
    if wanted == len(labels) and selections <= _MOST_CHOICES:
        orders = tuple(",".join(order) for order in permutations(labels))
        return Constraint(choices=orders, max_tokens=_most_tokens(longest))
    if selections <= _MOST_SELECTIONS:
        return Constraint(regex=distinct_labels_pattern(labels, wanted), max_tokens=_most_tokens(longest))
    return Constraint(regex=any_labels_pattern(labels, wanted), max_tokens=_most_tokens(longest))


def _most_tokens(label: str) -> int:
    return len(label.encode())

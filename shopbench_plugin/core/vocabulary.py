"""The vocabulary of all other modules: task types, tracks, questions, answer spaces, messages.

Names are spelled as in the development set of the Amazon KDD Cup 2024.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from shopbench_plugin.core.layout import NOT_LAID_OUT, Layout

CHARACTERS_READ = 5_000
"""The evaluator cuts longer answers to this many characters."""

RANKED_READ = 5
"""The evaluator reads the first five numbers of a ranking, and none above 5."""

INDICES_READ = 3
"""The evaluator reads the first three indices of a retrieval, without a penalty for wrong ones."""

Reference = int | str | list[int] | list[float] | list[str]

RAW_ROLE = "raw"
"""The role of a message that is the whole prompt: no chat template is applied to it."""

FinishReason = Literal["stop", "length", "deadline", "too-long", "refused", "not-finite", "undecided"]
"""Why an answer ended: the model ended it, the token budget did, or time was up; "too-long": its question wasn't sent;
"refused": the engine rejected it; "not-finite": the model computed NaN or infinity; "undecided": it scored all tokens
alike. In the last two cases only a constraint or chance chose the answer."""
WORTHLESS: frozenset[str] = frozenset({"not-finite", "undecided"})
"""The finish reasons of answers that don't come from the model's scores, regardless of their text."""


class TaskType(StrEnum):
    """The kind of answer that a question needs, which determines the evaluator's parser."""

    MULTIPLE_CHOICE = "multiple-choice"
    RANKING = "ranking"
    RETRIEVAL = "retrieval"
    NAMED_ENTITY_RECOGNITION = "named_entity_recognition"
    GENERATION = "generation"


class Track(StrEnum):
    """The competition's tracks; ALL_AROUND is the mean of the other four."""

    SHOPPING_CONCEPTS = "amazon-kdd-cup-24-understanding-shopping-concepts"
    KNOWLEDGE_REASONING = "amazon-kdd-cup-24-shopping-knowledge-reasoning"
    BEHAVIOR_ALIGNMENT = "amazon-kdd-cup-24-user-behavior-alignment"
    MULTI_LINGUAL = "amazon-kdd-cup-24-multi-lingual-abilities"
    ALL_AROUND = "amazon-kdd-cup-24-all-around"


@dataclass(frozen=True, slots=True)
class Question:
    """One row of a development or test set.

    A test row has only `input_field` and `is_multiple_choice`; the rest is None. `output_field` is the reference as in
    the development set: relevance weights for a ranking, indices for a retrieval. `route_as` overrides the routing by
    wording; `task_type` is the ground truth to compare with and never used for routing.
    """

    input_field: str
    is_multiple_choice: bool | None = None
    output_field: Reference | None = None
    task_name: str | None = None
    task_type: TaskType | None = None
    metric: str | None = None
    track: str | None = None
    route_as: TaskType | None = None


@dataclass(frozen=True, slots=True)
class AnswerSpace:
    """What may be answered to a question.

    Attributes:
        labels: the allowed labels, in the question's order: option labels ("0", "A") of a multiple choice,
            item numbers ("1" ... "15") of a ranking or retrieval; empty for free text.
        texts: the text of each label, as long as `labels`; "" if the question lists none (a scale of 1 to 5).
        count: the number of labels in an answer: 1 for a multiple choice, all for a ranking, the requested number for
            a retrieval; None if any number is allowed, and for free text.
        passage: the text that an extracted answer must be a span of; None if the answer is not an extract.
    """

    labels: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    count: int | None = None
    passage: str | None = None

    @property
    def labels_wanted(self) -> int:
        """How many labels an answer should have: `count`, or what the evaluator reads if any number is allowed."""
        return min(self.count or INDICES_READ, len(self.labels))


@dataclass(frozen=True, slots=True)
class Routed:
    """A question with what was read from its wording.

    Attributes:
        question: the row.
        task_type: the kind of answer that it needs.
        answer_space: the allowed answers.
        rule: the rule that decided.
        is_sure: False if no rule decided, or the labels of the answer space are guessed.
        layout: the question's parts.
        language: the code of the language of its instruction.
    """

    question: Question
    task_type: TaskType
    answer_space: AnswerSpace
    rule: str
    is_sure: bool = True
    layout: Layout = NOT_LAID_OUT
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a dialogue; `role` is "system", "user", "assistant", or `RAW_ROLE` for a prompt without turns."""

    role: str
    content: str

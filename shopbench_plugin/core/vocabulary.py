"""The vocabulary every other module speaks: task types, tracks, questions, answer spaces, messages.

Names are spelled as in the development set of the Amazon KDD Cup 2024.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from shopbench_plugin.core.layout import NOT_LAID_OUT, Layout

CHARACTERS_READ = 5_000
"""The evaluator cuts an answer that is longer."""

RANKED_READ = 5
"""The evaluator reads the first five numbers of a ranking, and none above 5."""

INDICES_READ = 3
"""The evaluator reads the first three indices of a retrieval and takes nothing off for a wrong one."""

Reference = int | str | list[int] | list[float] | list[str]

RAW_ROLE = "raw"
"""The role of a message that is the whole prompt: no chat template is applied to it."""

FinishReason = Literal["stop", "length", "deadline", "too-long", "refused", "not-finite", "undecided"]
"""Why an answer ended: the model ended it, the token budget did, time was up; "too-long": its question wasn't asked;
"refused": the engine wouldn't take it; "not-finite": the model computed NaN or infinity; "undecided": it scored all
tokens alike. Of the last two a constraint or chance alone chose what was written."""
WORTHLESS: frozenset[str] = frozenset({"not-finite", "undecided"})
"""The finish reasons of answers that the model had no part in, whatever their text."""


class TaskType(StrEnum):
    """What kind of answer a question wants, and so which parser the evaluator reads it with."""

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

    A test row holds `input_field` and `is_multiple_choice` alone; the rest is None there. `output_field` is the
    reference as the development set writes it: relevance weights for a ranking, indices for a retrieval. `route_as`
    overrules what is read from the wording; `task_type` is the truth to compare with and never looked at for that.
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
        labels: what an answer may name, in the question's order: option labels ("0", "A") of a multiple choice,
            item numbers ("1" ... "15") of a ranking or retrieval; empty for free text.
        texts: the text behind each label, as long as `labels`; "" where the question lists none (a scale of 1 to 5).
        count: how many labels an answer holds: 1 for a multiple choice, all for a ranking, the number asked for in a
            retrieval; None where any number will do, and for free text.
        passage: the text that an extracted answer must be a span of; None where the answer is not an extract.
    """

    labels: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    count: int | None = None
    passage: str | None = None

    @property
    def labels_wanted(self) -> int:
        """How many labels an answer should hold: `count`, or what the evaluator reads where any number will do."""
        return min(self.count or INDICES_READ, len(self.labels))


@dataclass(frozen=True, slots=True)
class Routed:
    """A question with what was read from its wording.

    Attributes:
        question: the row.
        task_type: what kind of answer it wants.
        answer_space: what may be answered.
        rule: the rule that decided.
        is_sure: False where no rule decided, or the labels of the answer space are guessed.
        layout: the question taken apart.
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

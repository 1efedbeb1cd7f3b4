"""An answer in pieces: what may be sent before the whole answer is known."""

import re
from dataclasses import dataclass, field

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.postprocess import repair
from shopbench_plugin.predict import Prediction
from shopbench_plugin.predict.dialogue import Prepared

_ONE_WORD_BACK = re.compile(r"\S*\s*\Z")
_LONGEST_INTRODUCTION = 60
"""Characters to wait for before free text is sent; an introduction ("Sure, here is the title:") is removed by then."""


@dataclass(slots=True)
class PieceCutter:
    """Cuts the growing raw text into pieces of the repaired answer.

    Constrained labels, lists of labels and extracts are sent as they are generated. Free text is sent one word late,
    after the length of an introduction. Answers that aren't certain before the end (from an unconstrained engine, or
    after chain of thought) are sent at the end.

    Attributes:
        prepared: the question.
        is_held: whether the engine generates only valid answers.
        sent: what has been sent.
    """

    prepared: Prepared
    is_held: bool
    sent: str = field(default="", init=False)

    def cut(self, raw: str) -> str:
        """Return the next piece for the raw text so far; "" if there is none yet."""
        return self._advance(self._find_sure(self.prepared.dialogue.cut_at_stop(raw)))

    def finish(self, prediction: Prediction) -> str:
        """Return the last piece; "" if the text sent so far is not a prefix of the whole answer."""
        return self._advance(prediction.prediction)

    def _advance(self, text: str) -> str:
        if not text.startswith(self.sent):
            return ""
        piece = text[len(self.sent) :]
        self.sent = text
        return piece

    def _find_sure(self, raw: str) -> str:
        if self.prepared.raw is not None:
            return self.sent
        stops = self.prepared.dialogue.stop
        sure = raw[: len(raw) - max(map(len, stops)) + 1] if stops else raw
        constraint = self.prepared.constraint
        if self.is_held and constraint.choices:
            return sure
        task_type = self.prepared.routed.task_type
        # The expression of a multiple choice is that of a thought before the label.
        if self.is_held and constraint.regex is not None and task_type is not TaskType.MULTIPLE_CHOICE:
            return sure.rstrip(", ")
        if task_type is TaskType.GENERATION and len(sure) > _LONGEST_INTRODUCTION:
            return _ONE_WORD_BACK.sub("", repair(sure, self.prepared.routed)).rstrip()
        return self.sent

"""The record of an answered question, from the engine's completion through journal and output file to the score."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from shopbench_plugin.core.vocabulary import FinishReason, Message, Question


@dataclass(frozen=True, slots=True)
class Cut:
    """What was removed from a dialogue.

    Attributes:
        kind: "demonstrations" or "passage".
        removed_tokens: the number of tokens removed.
        pieces: the number of demonstrations dropped, or of passages cut.
    """

    kind: Literal["demonstrations", "passage"]
    removed_tokens: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question and its answer.

    Attributes:
        question: the question; for scoring, the reference's, with task, type and metric.
        prediction: the valid answer repaired from `raw`.
        raw: the model's output; None in a file without it.
        task_type: as routed; "" if unknown, like the other strings.
        is_sure: False if no routing rule matched and the most lenient type was used.
        finish_reason: why the answer ended; None in a file without it.
        cuts: what was removed from the dialogue to fit into the model's context.
        prompt_tokens: tokens of the dialogue.
        cached_tokens: those of them in the prefix cache.
        generated_tokens: tokens of `raw`.
        messages: the dialogue, if requested.
        refusal: why the server refused the question or answered without text; "" if it answered.
        label_logprobs: log-probability of each label as the answer, if labels are calibrated.
        others: the other fields of a row that was read from a file.
    """

    question: Question
    prediction: str
    raw: str | None = None
    task_type: str = ""
    is_sure: bool = True
    finish_reason: FinishReason | None = None
    cuts: tuple[Cut, ...] = ()
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    messages: tuple[Message, ...] = ()
    refusal: str = ""
    label_logprobs: Mapping[str, float] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_answer(self) -> bool:
        """Whether the row of a file had a string as its prediction."""
        return "prediction" not in self.others

    def to_row(self) -> dict[str, Any]:
        """Return the row of the output file; rare fields only if they are set."""
        row = {
            "input_field": self.question.input_field,
            "task_type": self.task_type,
            "raw": self.raw,
            "prediction": self.prediction,
            "is_sure": self.is_sure,
            "finish_reason": self.finish_reason,
            "cuts": [asdict(cut) for cut in self.cuts],
            "prompt_tokens": self.prompt_tokens,
            "cached_tokens": self.cached_tokens,
            "generated_tokens": self.generated_tokens,
            "messages": [asdict(message) for message in self.messages],
            "refusal": self.refusal,
            "label_logprobs": dict(self.label_logprobs),
        }
        return {name: value for name, value in row.items() if value or name not in _LEFT_OUT_EMPTY}


def read_prediction(row: Mapping[str, Any], question: Question) -> Prediction:
    """Return the prediction of a row of an output file, which may be from another program.

    Missing fields have their defaults. Fields with other names, or with values of the wrong type, are `others`;
    "prediction" is one of them if its value isn't a string.
    """
    told: dict[str, Any] = {name: row[name] for name, kind in _KINDS.items() if type(row.get(name)) is kind}
    for name, part in (("cuts", Cut), ("messages", Message)):
        parts = _read_parts(row.get(name), part)
        if parts:
            told[name] = parts
    logprobs = row.get("label_logprobs")
    if isinstance(logprobs, dict) and all(type(one) is float for one in logprobs.values()):
        told["label_logprobs"] = logprobs
    others = {name: value for name, value in row.items() if name not in told and name != "input_field"}
    if "prediction" not in told:
        others["prediction"] = row.get("prediction")
    return Prediction(question, **{"prediction": "", **told}, others=others)


def _read_parts(parts: object, kind: type[Cut | Message]) -> tuple[Any, ...]:
    """Return the records of a list of rows; none if it is anything else."""
    names = {one.name for one in fields(kind)}
    if not isinstance(parts, list) or not all(isinstance(part, dict) and part.keys() == names for part in parts):
        return ()
    return tuple(kind(**part) for part in parts)


_KINDS = {
    "task_type": str,
    "raw": str,
    "prediction": str,
    "is_sure": bool,
    "finish_reason": str,
    "prompt_tokens": int,
    "cached_tokens": int,
    "generated_tokens": int,
    "refusal": str,
}
_LEFT_OUT_EMPTY = {"cuts", "messages", "refusal", "label_logprobs"}

"""One answered question, and its row in the output file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shopbench_plugin.core.vocabulary import FinishReason, Message
from shopbench_plugin.prompting.fitting import Cut

_KINDS = {
    "input_field": str,
    "task_type": str,
    "raw": str,
    "prediction": str,
    "is_sure": bool,
    "finish_reason": str,
    "prompt_tokens": int,
    "cached_tokens": int,
    "generated_tokens": int,
}


@dataclass(frozen=True, slots=True)
class Prediction:
    """What became of one question.

    Attributes:
        input_field: the question's text.
        task_type: as routed.
        raw: what the model wrote.
        prediction: the valid answer made of it.
        is_sure: False where no routing rule fitted and the most forgiving type was taken.
        finish_reason: "stop", "length" (cut at the token budget), "deadline" (time was up), "too-long" (instruction
            and options alone are longer than the model's context, so it wasn't asked), "refused" (by the server) or
            "not-finite" (the model computed NaN or infinity).
        cuts: what the dialogue lost to fit into the model's context.
        prompt_tokens: tokens of the dialogue.
        cached_tokens: those of them that the prefix cache held.
        generated_tokens: tokens of `raw`.
        messages: the dialogue, where it was asked for.
        refusal: why the server refused the question or answered without text; "" where it answered.
    """

    input_field: str
    task_type: str
    raw: str
    prediction: str
    is_sure: bool = True
    finish_reason: FinishReason = "stop"
    cuts: tuple[Cut, ...] = ()
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    messages: tuple[Message, ...] = ()
    refusal: str = ""

    def to_row(self) -> dict[str, Any]:
        """Return the row of the output file; `messages`, `cuts` and `refusal` only where there are any."""
        row = asdict(self)
        for name in ("messages", "cuts", "refusal"):
            if not row[name]:
                del row[name]
        return row


def is_row(row: Mapping[str, Any]) -> bool:
    """Tell whether `row` has what `to_row` gives every row; what stands in a journal may come from anywhere."""
    return all(type(row.get(name)) is kind for name, kind in _KINDS.items())

"""The response objects of OpenAI's protocol: completions, chunks of a stream, the model list, errors."""

import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from shopbench_plugin.predict import Prediction
from shopbench_plugin.predict.dialogue import Prepared

_LONGEST_PATTERN = 2000


def explain(prepared: Prepared) -> dict[str, Any]:
    """Return how a question was read, its prompt, and the allowed answers."""
    routed, space, constraint = prepared.routed, prepared.routed.answer_space, prepared.constraint
    return {
        "route": {
            "task_type": str(routed.task_type),
            "rule": routed.rule,
            "is_sure": routed.is_sure,
            "language": routed.language,
        },
        "messages": [asdict(message) for message in prepared.fitted.messages],
        "allowed": {
            "labels": list(space.labels),
            "texts": list(space.texts),
            "count": space.count,
            "choices": list(constraint.choices),
            "regex": None if constraint.regex is None else constraint.regex[:_LONGEST_PATTERN],
            "max_tokens": constraint.max_tokens,
        },
    }


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


@dataclass(frozen=True, slots=True)
class AnswerWriter:
    """Writes one answer, whole or in chunks, under one ID.

    Attributes:
        model: the model name that clients use.
        with_usage: whether a stream ends with the token counts; usage is then null in its other chunks.
    """

    model: str
    with_usage: bool = False
    id: str = field(default_factory=_new_id)
    created: int = field(default_factory=lambda: int(time.time()))

    def write_completion(self, prediction: Prediction, prepared: Prepared | None) -> dict[str, Any]:
        """Return the whole answer, with what was read from the question under "shopbench"."""
        message = {"role": "assistant", "content": prediction.prediction}
        return {
            **self._head("chat.completion"),
            "choices": [{"index": 0, "message": message, "finish_reason": _finish_reason(prediction)}],
            "usage": _usage(prediction),
            "shopbench": _describe(prediction) | ({} if prepared is None else {"explained": explain(prepared)}),
        }

    def write_opening(self, prepared: Prepared | None) -> dict[str, Any]:
        """Return the chunk that opens a stream, with the explanation if requested."""
        more = {} if prepared is None else {"shopbench": {"explained": explain(prepared)}}
        return self._chunk({"role": "assistant", "content": ""}) | more

    def write_piece(self, text: str, raw: str | None = None) -> dict[str, Any]:
        """Return a chunk with the next piece of the answer, and the raw text so far if requested."""
        more = {} if raw is None else {"shopbench": {"raw": raw}}
        return self._chunk({"content": text} if text else {}) | more

    def write_end(self, prediction: Prediction) -> list[dict[str, Any]]:
        """Return the last chunk, with the finish reason and the answer, and the usage chunk if requested."""
        last = self._chunk({}, _finish_reason(prediction))
        last["shopbench"] = _describe(prediction) | {"prediction": prediction.prediction}
        usage = {**self._head("chat.completion.chunk"), "choices": [], "usage": _usage(prediction)}
        return [last, usage] if self.with_usage else [last]

    def _chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
        return {**self._head("chat.completion.chunk"), "choices": choices} | (
            {"usage": None} if self.with_usage else {}
        )

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def write_models(model: str) -> dict[str, Any]:
    """Return the model list with the one served model."""
    return {"object": "list", "data": [{"id": model, "object": "model", "created": 0, "owned_by": "shopbench"}]}


def write_error(message: str, kind: str, param: str | None = None) -> dict[str, Any]:
    """Return the error object that OpenAI's clients read."""
    return {"error": {"message": message, "type": kind, "param": param, "code": None}}


def _describe(prediction: Prediction) -> dict[str, Any]:
    return {
        "task_type": prediction.task_type,
        "is_sure": prediction.is_sure,
        "raw": prediction.raw,
        "finish_reason": prediction.finish_reason,
    }


def _usage(prediction: Prediction) -> dict[str, Any]:
    return {
        "prompt_tokens": prediction.prompt_tokens,
        "completion_tokens": prediction.generated_tokens,
        "total_tokens": prediction.prompt_tokens + prediction.generated_tokens,
        "prompt_tokens_details": {"cached_tokens": prediction.cached_tokens},
    }


def _finish_reason(prediction: Prediction) -> str:
    return "stop" if prediction.finish_reason == "stop" else "length"

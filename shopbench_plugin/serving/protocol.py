"""The part of OpenAI's chat completion protocol that the endpoint speaks."""

import time
import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopbench_plugin.predict import Prediction


class TextPart(BaseModel):
    """A piece of a turn that is given in pieces."""

    type: Literal["text"]
    text: str


class Turn(BaseModel):
    """One turn of a dialogue."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None

    @property
    def text(self) -> str:
        """The turn's text, its pieces joined."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    """What a client may want of a stream."""

    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """A chat completion request; sampling parameters are let pass and have no effect.

    The last user turn is the question. Every question stands for itself: earlier turns are not read, since the
    demonstrations take their place. `is_multiple_choice` is an addition of this endpoint.
    """

    model_config = ConfigDict(extra="ignore")

    messages: list[Turn] = Field(min_length=1)
    model: str | None = None
    n: Literal[1] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    is_multiple_choice: bool | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream is to end with the numbers of tokens."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)

    @property
    def question(self) -> str | None:
        """The text of the last user turn, None where there is no such turn."""
        return next((turn.text for turn in reversed(self.messages) if turn.role == "user"), None)


def write_completion(prediction: Prediction, model: str) -> dict[str, Any]:
    """Return the chat completion object for an answer, with what was read from the question under "shopbench"."""
    return {
        **_head(model, "chat.completion"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": prediction.prediction},
                "finish_reason": _finish_reason(prediction),
            }
        ],
        "usage": _usage(prediction),
        "shopbench": {
            "task_type": prediction.task_type,
            "is_sure": prediction.is_sure,
            "raw": prediction.raw,
            "finish_reason": prediction.finish_reason,
        },
    }


def write_chunks(prediction: Prediction, model: str, *, with_usage: bool) -> list[dict[str, Any]]:
    """Return the same as chunks of a stream: an answer is repaired as a whole, so it comes as one piece.

    With usage, a chunk without choices comes last and has it, and the others say that they have none.
    """
    head = _head(model, "chat.completion.chunk") | ({"usage": None} if with_usage else {})
    delta = {"role": "assistant", "content": prediction.prediction}
    chunks = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish_reason(prediction)}]},
    ]
    return [*chunks, {**head, "choices": [], "usage": _usage(prediction)}] if with_usage else chunks


def write_models(model: str) -> dict[str, Any]:
    """Return the list of the one model that is served."""
    return {"object": "list", "data": [{"id": model, "object": "model", "created": 0, "owned_by": "shopbench"}]}


def write_error(message: str, kind: str) -> dict[str, Any]:
    """Return the error object that OpenAI's clients read."""
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def _head(model: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _usage(prediction: Prediction) -> dict[str, Any]:
    return {
        "prompt_tokens": prediction.prompt_tokens,
        "completion_tokens": prediction.generated_tokens,
        "total_tokens": prediction.prompt_tokens + prediction.generated_tokens,
        "prompt_tokens_details": {"cached_tokens": prediction.cached_tokens},
    }


def _finish_reason(prediction: Prediction) -> str:
    return "stop" if prediction.finish_reason == "stop" else "length"

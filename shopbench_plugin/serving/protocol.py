"""The requests of OpenAI's chat completion protocol: supported parameters, and those refused by name."""

from typing import Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopbench_plugin.core.vocabulary import Message, Question
from shopbench_plugin.predict.dialogue import Dialogue

_LONGEST_MESSAGE = 300
_MOST_SHOWN = 100
_MOST_STOPS = 4
_MOST_VALUES = 2000
"""Values in a request: keys of objects and items of lists; a turn has two or three."""
_ONE_VALUE: Final[dict[str, tuple[object, ...]]] = {
    "n": (1,),
    "temperature": (0,),
    "top_p": (1,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "logprobs": (False,),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none",),
    "function_call": ("none",),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "store": (False,),
    "service_tier": ("auto", "default"),
}
"""Parameters with the values that request the default behaviour (one greedy answer in plain text)."""
_NO_PART_IN_ANSWERS: Final = frozenset({"user", "seed", "metadata", "safety_identifier", "prompt_cache_key"})
"""Parameters that can't change a greedy answer; clients set them for other purposes."""


class BadRequestError(Exception):
    """A request that is refused; `param` is the invalid parameter, None for the whole request."""

    def __init__(self, message: str, param: str | None = None) -> None:
        """Store both, shortened: names and values are the client's, and may have any length."""
        super().__init__(shorten(message))
        self.param = None if param is None else shorten(param)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextPart(_Strict):
    """A piece of a turn that comes in pieces."""

    type: Literal["text"]
    text: str


class Turn(_Strict):
    """One turn of a dialogue."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    @property
    def text(self) -> str:
        """The turn's text, its pieces joined."""
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)

    @property
    def is_system(self) -> bool:
        """Whether it replaces the system prompt."""
        return self.role in {"system", "developer"}


class StreamOptions(_Strict):
    """A client's options for a stream."""

    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None


class ChatRequest(_Strict):
    """A chat completion request with all supported parameters; those in `_ONE_VALUE` have been removed before.

    The last turn is the question. Turns of user and assistant before it replace the demonstrations, and system turns
    at the beginning the system prompt. `is_multiple_choice` and `explain` are additions of this endpoint.
    """

    messages: list[Turn] = Field(min_length=1)
    model: str | None = None
    max_tokens: int | None = Field(None, ge=1, le=2**31)
    max_completion_tokens: int | None = Field(None, ge=1, le=2**31)
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    is_multiple_choice: bool | None = None
    explain: bool | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream should end with the token counts."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)

    def count_characters(self) -> int:
        """Return the number of characters of all turns."""
        return sum(len(turn.text) for turn in self.messages)

    def to_dialogue(self) -> Dialogue:
        """Return the dialogue for the pipeline.

        Raises:
            BadRequestError: the turns are not system, then alternating user and assistant, then the question; or a stop
                text is empty, or there are more than four.
        """
        system = [turn.text for turn in self.messages if turn.is_system]
        turns = self.messages[len(system) :]
        if any(turn.is_system for turn in turns):
            raise BadRequestError("messages: a system turn must come before all others", "messages")
        if (
            not turns
            or any(turn.role != ("user", "assistant")[place % 2] for place, turn in enumerate(turns))
            or turns[-1].role != "user"
        ):
            raise BadRequestError(
                "messages: user and assistant turns must alternate, from a user turn to the last one, which is the "
                "question",
                "messages",
            )
        return Dialogue(
            Question(turns[-1].text, is_multiple_choice=self.is_multiple_choice),
            history=tuple(Message(turn.role, turn.text) for turn in turns[:-1]),
            system_prompt="\n\n".join(system) if system else None,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            stop=self._read_stop(),
        )

    def _read_stop(self) -> tuple[str, ...]:
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        if "" in stop or len(stop) > _MOST_STOPS:
            raise BadRequestError(f"stop: must be at most {_MOST_STOPS} texts, none of them empty", "stop")
        return stop


def read_request(body: bytes) -> ChatRequest:
    """Return the request.

    Raises:
        BadRequestError: it isn't JSON, lacks a parameter, or has an unsupported one; the message names it.
    """
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequestError(f"the body is not valid JSON: {error}") from error
    if not isinstance(given, dict):
        raise BadRequestError("the body is not a JSON object")
    _check_number_of_values(given)
    try:
        return ChatRequest.model_validate(_take_fixed(given))
    except ValidationError as error:
        detail = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, detail["loc"]))
        if detail["type"] == "extra_forbidden":
            raise BadRequestError(f"{shorten(where)}: is not supported here; leave it out", where) from error
        raise BadRequestError(f"{where}: {detail['msg']}" if where else detail["msg"], where or None) from error


def _check_number_of_values(given: dict[str, Any]) -> None:
    """Refuse more values than a dialogue has: pydantic validates a million bytes of empty turns for six seconds."""
    left = _MOST_VALUES
    waiting: list[Any] = [given]
    while waiting:
        one = waiting.pop()
        left -= len(one)
        if left < 0:
            raise BadRequestError(f"the request has more than {_MOST_VALUES} values; leave out earlier turns")
        inner = one.values() if isinstance(one, dict) else one
        waiting += (value for value in inner if isinstance(value, dict | list))


def _take_fixed(given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters without those that request the default behaviour, and without those that are null."""
    kept = {}
    for name, value in given.items():
        if name in _NO_PART_IN_ANSWERS or (value is None and name != "messages"):
            continue
        if name not in _ONE_VALUE:
            kept[name] = value
        elif not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in _ONE_VALUE[name]):
            can = " or ".join(map(repr, _ONE_VALUE[name]))
            raise BadRequestError(
                f"{name}: {shorten(repr(value))} is not supported: the answer is greedy and in plain text; "
                f"leave {name} out, or pass {can}",
                name,
            )
    return kept


def shorten(text: str) -> str:
    """Return a client's text, shortened if it is long, for an error message."""
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_MOST_SHOWN]}... ({len(text)} characters)"

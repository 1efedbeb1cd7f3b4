"""Parse the responses of OpenAI-compatible servers; only text and counts are passed on."""

import json
import re
from dataclasses import dataclass
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.engines.interface import Completion

REFUSAL_STATUS = frozenset({400, 413, 422})
"""Problems of one request, most often its length; other requests may succeed."""
_BAD_GATEWAY = 502
_MOST_TOKENS = 2**53
# JSON can escape lone surrogates; UTF-8, and therefore our files, can't represent them.
_SURROGATES = re.compile("[\ud800-\udfff]")


class UnusableAnswerError(Exception):
    """A response with status 200 that is not an answer; `status` is what the server should have sent."""

    def __init__(self, reason: str, status: int = _BAD_GATEWAY) -> None:
        """Store the reason; by default the request is worth retrying."""
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What a server reports about its model; `context_length` is None if it doesn't."""

    context_length: int | None
    is_vllm: bool


def read_completion(response: Any, url: str) -> Completion:
    """Return the completion in an HTTP response with a chat completion; invalid counts become 0.

    A message whose content is null has no text: `refusal` says what the server sent instead.

    Raises:
        UnusableAnswerError: it isn't a JSON object, contains an error or no message, or the content is neither text
            nor null.
    """
    try:
        content = response.json()
    except (ValueError, RecursionError) as error:
        raise UnusableAnswerError("an answer that is not JSON") from error
    if not isinstance(content, dict):
        raise UnusableAnswerError("an answer that is not a JSON object")
    if content.get("error"):
        raise _read_error(content["error"])
    try:
        choice = content["choices"][0]
        text = choice["message"]["content"]
    except (KeyError, IndexError, TypeError) as error:
        raise UnusableAnswerError("an answer without a message") from error
    if not isinstance(text, str | None):
        raise UnusableAnswerError("an answer whose content is not text")
    reason: Any = choice.get("finish_reason")
    usage = _take_object(content, "usage")
    details = _take_object(usage, "prompt_tokens_details")
    return Completion(
        text=_replace_surrogates(text or ""),
        finish_reason=_replace_surrogates(reason) if reason and isinstance(reason, str) else "stop",
        prompt_tokens=_read_count(usage, "prompt_tokens") or 0,
        cached_tokens=_read_count(details, "cached_tokens") or 0,
        generated_tokens=_read_count(usage, "completion_tokens") or 0,
        refusal=_explain_no_text(choice, url) if text is None else "",
    )


def _read_error(error: Any) -> UnusableAnswerError:
    """Return the exception for an error object in a response with status 200."""
    reason = _shorten(error.get("message", error) if isinstance(error, dict) else error)
    if isinstance(error, dict) and error.get("code") in REFUSAL_STATUS:
        return UnusableAnswerError(reason, error["code"])
    return UnusableAnswerError(f"an error instead of an answer: {reason}")


def _explain_no_text(choice: dict[str, Any], url: str) -> str:
    message, reason = choice["message"], choice.get("finish_reason")
    for name in ("reasoning_content", "reasoning"):
        if message.get(name):
            return f"{url}: an answer without text, all of it in {name}; turn the server's reasoning parser off"
    for name in ("refusal", "tool_calls"):
        if message.get(name):
            return f"{url}: an answer without text ({name}: {_shorten(message[name])})"
    return f"{url}: an answer without text" + (f" (finish_reason: {_shorten(reason)})" if reason else "")


def read_model(content: object, model: str, base_url: str) -> ServedModel:
    """Return what a list of models says about `model`; text is parsed as JSON, as some servers send text/plain.

    Raises:
        ShopBenchError: it isn't JSON, or the model isn't in the list.
    """
    if isinstance(content, str | bytes):
        content = _parse_models(content, base_url)
    listed = content.get("data") if isinstance(content, dict) else None
    entries = {str(one.get("id")): one for one in listed if isinstance(one, dict)} if isinstance(listed, list) else {}
    if model not in entries:
        raise ShopBenchError(f"{base_url}: {unknown_name('model', model, entries)}")
    entry = entries[model]
    return ServedModel(_read_count(entry, "max_model_len"), entry.get("owned_by") == "vllm")


def _parse_models(text: str | bytes, base_url: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ShopBenchError(
            f"{base_url}/models: the answer is not JSON; fix base_urls, OpenAI-compatible addresses end in /v1"
        ) from error


def read_token_count(content: object) -> int | None:
    """Return vLLM's token count, None if the response has none."""
    return _read_count(content, "count") if isinstance(content, dict) else None


def describe_error(error: Exception) -> str:
    """Return the server's error message for a request, or the connection's error, in one line."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        return _shorten(body.get("message", body))
    return _shorten(body or error.__cause__ or error) or type(error.__cause__ or error).__name__


def _shorten(reason: object) -> str:
    return str(_replace_surrogates(" ".join(str(reason).split())[:300]))


def _take_object(content: dict[str, Any], name: str) -> dict[str, Any]:
    value = content.get(name)
    return value if isinstance(value, dict) else {}


def _read_count(content: dict[str, Any], name: str) -> int | None:
    """Return a positive integer, None for anything else; isinstance would accept true as an int."""
    value = content.get(name)
    return value if type(value) is int and 0 < value < _MOST_TOKENS else None


def _replace_surrogates(text: str) -> Any:
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)

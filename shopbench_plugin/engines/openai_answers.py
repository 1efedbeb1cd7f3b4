"""What OpenAI-compatible servers answer, read so that nothing but text and counts gets past here."""

import re
from dataclasses import dataclass
from typing import Any

import httpx

from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.engines.interface import Completion, RefusedError

LONGEST_WAIT = 30.0
"""What a server may ask for between two tries, in seconds."""
_TEMPORARY_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
# What is wrong with one request, its length above all; another may be answered.
_REFUSAL_STATUS = frozenset({400, 413, 422})
_MOST_TOKENS = 2**53
# JSON can escape them alone; UTF-8, and so our files, can't hold them.
_SURROGATES = re.compile("[\ud800-\udfff]")


class TemporaryError(Exception):
    """A try that is worth another one: no answer, half an answer, or a server that is busy."""

    def __init__(self, url: str, reason: str, wait: float = 0.0) -> None:
        """Keep where it was, the reason, and how many seconds the server asked to wait."""
        super().__init__(reason)
        self.url = url
        self.wait = wait


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What a server says of its model; `context_length` is None where it doesn't."""

    context_length: int | None
    is_vllm: bool


def read_json(response: httpx.Response, url: str) -> dict[str, Any]:
    """Return the object that a server answered with.

    Raises:
        TemporaryError: the server is busy, or this is no JSON object.
        RefusedError: the server refuses this request.
        ShopBenchError: the server refuses whoever asks it so.
    """
    status = response.status_code
    if status in _TEMPORARY_STATUS:
        raise TemporaryError(url, f"HTTP {status}", _read_wait(response))
    if response.is_error:
        hint = "; set OPENAI_API_KEY" if status in {401, 403} else ""
        kind = RefusedError if status in _REFUSAL_STATUS else ShopBenchError
        raise kind(f"{url}: refuses the request (HTTP {status}: {_read_reason(response)}){hint}")
    try:
        content = response.json()
    except (ValueError, RecursionError) as error:
        raise TemporaryError(url, "an answer that is no JSON") from error
    if not isinstance(content, dict):
        raise TemporaryError(url, "an answer that is no JSON object")
    return content


def read_completion(content: dict[str, Any], url: str) -> Completion:
    """Return the completion that a chat completion object holds; counts that make no sense are 0.

    One whose content is null has no text: its `refusal` says what the server has in place of it.

    Raises:
        TemporaryError: it holds an error, no message, or one whose content is neither text nor null.
        RefusedError: it holds an error that is about this request.
    """
    if content.get("error"):
        raise _read_error(content["error"], url)
    try:
        choice = content["choices"][0]
        text = choice["message"]["content"]
    except (KeyError, IndexError, TypeError) as error:
        raise TemporaryError(url, "an answer without a message") from error
    if not isinstance(text, str | None):
        raise TemporaryError(url, "an answer whose content is no text")
    reason: Any = choice.get("finish_reason")
    usage = _take_object(content, "usage")
    details = _take_object(usage, "prompt_tokens_details")
    return Completion(
        text=_replace_surrogates(text or ""),
        finish_reason=_replace_surrogates(reason) if reason and isinstance(reason, str) else "stop",
        prompt_tokens=_read_count(usage, "prompt_tokens") or 0,
        cached_tokens=_read_count(details, "cached_tokens") or 0,
        generated_tokens=_read_count(usage, "completion_tokens") or 0,
        refusal=_explain_no_text(choice["message"], url) if text is None else "",
    )


def _read_error(error: Any, url: str) -> Exception:
    """Return what an error object within an answer with status 200 amounts to."""
    reason = _shorten(error.get("message", error) if isinstance(error, dict) else error)
    if isinstance(error, dict) and error.get("code") in _REFUSAL_STATUS:
        return RefusedError(f"{url}: refuses the request ({reason})")
    return TemporaryError(url, f"an error in place of an answer: {reason}")


def _explain_no_text(message: dict[str, Any], url: str) -> str:
    for name in ("reasoning_content", "reasoning"):
        if message.get(name):
            return f"{url}: an answer without text, all of it in {name}; turn the server's reasoning parser off"
    for name in ("refusal", "tool_calls"):
        if message.get(name):
            return f"{url}: an answer without text ({name}: {_shorten(message[name])})"
    return f"{url}: an answer without text"


def read_model(content: dict[str, Any], model: str, base_url: str) -> ServedModel:
    """Return what a list of models says of `model`.

    Raises:
        ShopBenchError: it isn't in the list.
    """
    listed = content.get("data")
    entries = {str(one.get("id")): one for one in listed if isinstance(one, dict)} if isinstance(listed, list) else {}
    if model not in entries:
        raise ShopBenchError(f"{base_url}: {unknown_name('model', model, entries)}")
    entry = entries[model]
    return ServedModel(_read_count(entry, "max_model_len"), entry.get("owned_by") == "vllm")


def read_token_count(response: httpx.Response) -> int | None:
    """Return what vLLM's server counted, None where it did not."""
    try:
        content = response.json() if response.is_success else None
    except (ValueError, RecursionError):
        return None
    return _read_count(content, "count") if isinstance(content, dict) else None


def _read_reason(response: httpx.Response) -> str:
    try:
        content = response.json()
        error = content.get("error", content)
        reason = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, AttributeError, RecursionError):
        reason = response.text
    return _shorten(reason)


def _shorten(reason: object) -> str:
    return str(_replace_surrogates(" ".join(str(reason).split())[:300]))


def _read_wait(response: httpx.Response) -> float:
    """Return the seconds of a Retry-After header; 0 where there is none, or a date."""
    try:
        return min(max(0.0, float(response.headers["retry-after"])), LONGEST_WAIT)
    except (KeyError, ValueError):
        return 0.0


def _take_object(content: dict[str, Any], name: str) -> dict[str, Any]:
    value = content.get(name)
    return value if isinstance(value, dict) else {}


def _read_count(content: dict[str, Any], name: str) -> int | None:
    """Return a whole number above 0, None for anything else; true is an int by isinstance."""
    value = content.get(name)
    return value if type(value) is int and 0 < value < _MOST_TOKENS else None


def _replace_surrogates(text: str) -> Any:
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)

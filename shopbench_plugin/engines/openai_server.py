"""One or several OpenAI-compatible servers behind one call: limits, retries, and errors in one line."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from shopbench_plugin.engines.interface import EngineSettings
from shopbench_plugin.errors import ShopBenchError, unknown_name

_TEMPORARY_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_REST_SECONDS = 30.0
_LONGEST_WAIT = 30.0
_backoff = wait_random_exponential(multiplier=0.5, max=_LONGEST_WAIT)


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


@dataclass(slots=True)
class _Server:
    base_url: str
    slots: asyncio.Semaphore
    waiting: int = 0
    rests_until: float = field(default=0.0)


class ServerPool:
    """Sends each request to the server that has least to do, and to another one where that fails."""

    def __init__(self, settings: EngineSettings) -> None:
        """Make the connections' common client; nothing is sent yet. `OPENAI_API_KEY` is used where it is set."""
        key = os.environ.get("OPENAI_API_KEY")
        self._model = settings.model
        self._tries = settings.retries + 1
        self._servers = [
            _Server(base_url.rstrip("/"), asyncio.Semaphore(settings.connections)) for base_url in settings.base_urls
        ]
        self._client = httpx.AsyncClient(
            timeout=settings.timeout,
            limits=httpx.Limits(max_connections=None),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )

    async def describe_models(self) -> list[ServedModel]:
        """Ask every server for the model.

        Raises:
            ShopBenchError: a server isn't there, or doesn't serve the model.
        """
        return [await self._describe_model(server) for server in self._servers]

    async def _describe_model(self, server: _Server) -> ServedModel:
        url = f"{server.base_url}/models"
        try:
            answer = _read_json(await self._client.get(url), url)
        except (httpx.HTTPError, httpx.InvalidURL, TemporaryError) as error:
            raise ShopBenchError(
                f"{server.base_url}: no OpenAI-compatible server answers there ({_name(error)}); start one, "
                "or mend base_urls"
            ) from error
        entries = {str(entry.get("id")): entry for entry in answer.get("data") or () if isinstance(entry, dict)}
        if self._model not in entries:
            raise ShopBenchError(f"{server.base_url}: {unknown_name('model', self._model, entries)}")
        entry = entries[self._model]
        return ServedModel(entry.get("max_model_len"), entry.get("owned_by") == "vllm")

    async def count_tokens(self, dialogue: Sequence[dict[str, str]]) -> int | None:
        """Return how many tokens a vLLM server makes of a dialogue; None where it can't tell."""
        url = f"{self._servers[0].base_url.removesuffix('/v1')}/tokenize"
        try:
            answer = await self._client.post(url, json={"model": self._model, "messages": dialogue})
            count: int = answer.raise_for_status().json()["count"]
        except (httpx.HTTPError, ValueError, KeyError):
            return None
        return count

    async def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a server's answer to a chat completion request, whole: it has a choice with a message.

        Raises:
            ShopBenchError: every try failed, or the request was refused.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(TemporaryError),
            stop=stop_after_attempt(self._tries),
            wait=_wait,
            reraise=True,
        )
        try:
            answer: dict[str, Any] = await retrying(self._try, {"model": self._model, **body})
        except TemporaryError as error:
            raise ShopBenchError(
                f"{error.url}: no answer in {self._tries} tries (the last: {error}); see to the server, then run the "
                "same command again to continue"
            ) from error
        return answer

    def _choose(self) -> _Server:
        now = time.monotonic()
        return min(self._servers, key=lambda server: (server.rests_until > now, server.waiting))

    async def _try(self, body: dict[str, Any]) -> dict[str, Any]:
        server = self._choose()
        url = f"{server.base_url}/chat/completions"
        server.waiting += 1
        try:
            async with server.slots:
                answer = _read_json(await self._client.post(url, json=body), url)
            answer["choices"][0]["message"]["content"]
        except httpx.TransportError as error:
            server.rests_until = time.monotonic() + _REST_SECONDS
            raise TemporaryError(url, _name(error)) from error
        except (KeyError, IndexError, TypeError) as error:
            raise TemporaryError(url, "an answer without a message") from error
        finally:
            server.waiting -= 1
        server.rests_until = 0.0
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _read_json(response: httpx.Response, url: str) -> dict[str, Any]:
    status = response.status_code
    if status in _TEMPORARY_STATUS:
        raise TemporaryError(url, f"HTTP {status}", _read_wait(response))
    if response.is_error:
        hint = "; set OPENAI_API_KEY" if status in {401, 403} else ""
        raise ShopBenchError(f"{url}: refuses the request (HTTP {status}: {_read_reason(response)}){hint}")
    try:
        content = response.json()
    except ValueError as error:
        raise TemporaryError(url, "an answer that is no JSON") from error
    if not isinstance(content, dict):
        raise TemporaryError(url, "an answer that is no JSON object")
    return content


def _read_reason(response: httpx.Response) -> str:
    try:
        content = response.json()
        error = content.get("error", content)
        reason = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, AttributeError):
        reason = response.text
    return " ".join(str(reason).split())[:300]


def _read_wait(response: httpx.Response) -> float:
    """Return the seconds of a Retry-After header; 0 where there is none, or a date."""
    try:
        return min(max(0.0, float(response.headers["retry-after"])), _LONGEST_WAIT)
    except (KeyError, ValueError):
        return 0.0


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return max(_backoff(state), error.wait if isinstance(error, TemporaryError) else 0.0)


def _name(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__

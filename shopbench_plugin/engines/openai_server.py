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

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.interface import Completion
from shopbench_plugin.engines.openai_answers import (
    LONGEST_WAIT,
    ServedModel,
    TemporaryError,
    read_completion,
    read_json,
    read_model,
    read_token_count,
)

_REST_SECONDS = 30.0
_backoff = wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT)


@dataclass(slots=True)
class _Server:
    base_url: str
    slots: asyncio.Semaphore
    waiting: int = 0
    rests_until: float = field(default=0.0)


class ServerPool:
    """Sends each request to the server that has least to do, and to another one where that fails."""

    def __init__(self, model: str, base_urls: Sequence[str], connections: int, timeout: float, retries: int) -> None:
        """Make the connections' common client; nothing is sent yet. `OPENAI_API_KEY` is used where it is set.

        Args:
            model: the name that the servers serve it under.
            base_urls: addresses, ending in /v1.
            connections: requests under way at once per server.
            timeout: seconds until a server's answer counts as lost.
            retries: attempts per request beyond the first.
        """
        key = os.environ.get("OPENAI_API_KEY")
        self._model = model
        self._tries = retries + 1
        self._servers = [_Server(base_url.rstrip("/"), asyncio.Semaphore(connections)) for base_url in base_urls]
        self._client = httpx.AsyncClient(
            timeout=timeout,
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
            content = read_json(await self._client.get(url), url)
        except (httpx.HTTPError, httpx.InvalidURL, TemporaryError) as error:
            raise ShopBenchError(
                f"{server.base_url}: no OpenAI-compatible server answers there ({_name(error)}); start one, "
                "or fix base_urls"
            ) from error
        return read_model(content, self._model, server.base_url)

    async def count_tokens(self, dialogue: Sequence[dict[str, str]]) -> int | None:
        """Return how many tokens a vLLM server makes of a dialogue; None where it can't tell."""
        url = f"{self._servers[0].base_url.removesuffix('/v1')}/tokenize"
        try:
            response = await self._client.post(url, json={"model": self._model, "messages": dialogue})
        except httpx.HTTPError:
            return None
        return read_token_count(response)

    async def complete(self, body: dict[str, Any]) -> Completion:
        """Return a server's answer to a chat completion request.

        Raises:
            RefusedError: this request was refused.
            ShopBenchError: every try failed, or the server refuses all that is asked so.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(TemporaryError),
            stop=stop_after_attempt(self._tries),
            wait=_wait,
            reraise=True,
        )
        try:
            completion: Completion = await retrying(self._try, {"model": self._model, **body})
        except TemporaryError as error:
            raise ShopBenchError(
                f"{error.url}: no answer in {self._tries} tries (the last: {error}); see to the server, then run the "
                "same command again to continue"
            ) from error
        return completion

    def _choose(self) -> _Server:
        now = time.monotonic()
        return min(self._servers, key=lambda server: (server.rests_until > now, server.waiting))

    async def _try(self, body: dict[str, Any]) -> Completion:
        server = self._choose()
        url = f"{server.base_url}/chat/completions"
        server.waiting += 1
        try:
            async with server.slots:
                response = await self._client.post(url, json=body)
            completion = read_completion(read_json(response, url), url)
        except httpx.RequestError as error:
            server.rests_until = time.monotonic() + _REST_SECONDS
            raise TemporaryError(url, _name(error)) from error
        finally:
            server.waiting -= 1
        server.rests_until = 0.0
        return completion

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return max(_backoff(state), error.wait if isinstance(error, TemporaryError) else 0.0)


def _name(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__

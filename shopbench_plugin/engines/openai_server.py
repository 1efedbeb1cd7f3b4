"""One or more OpenAI-compatible servers behind one client of the `openai` SDK, which retries failed requests."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import openai

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.interface import Completion, RefusedError
from shopbench_plugin.engines.openai_answers import (
    REFUSAL_STATUS,
    ServedModel,
    UnusableAnswerError,
    describe_error,
    read_completion,
    read_model,
    read_token_count,
)

_ANY_SERVER = "http://any.server/v1"
"""Placeholder address for requests that any server may answer."""
_REST_SECONDS = 30.0
_TEMPORARY = (openai.ConflictError, openai.RateLimitError, openai.InternalServerError)
_COMPLETION, _PROBLEM = "shopbench.completion", "shopbench.problem"


@dataclass(slots=True)
class _Server:
    base_url: str
    slots: asyncio.Semaphore
    waiting: int = 0
    rests_until: float = 0.0


class _Balancer(openai.DefaultAsyncHttpxClient):
    """Sends each attempt to the least busy server; a server that doesn't answer is avoided for a while."""

    def __init__(self, servers: Sequence[_Server], timeout: float) -> None:
        super().__init__(timeout=timeout)
        self._servers = servers

    async def send(self, request: Any, **options: Any) -> Any:
        if not str(request.url).startswith(_ANY_SERVER):
            return await super().send(request, **options)
        now = time.monotonic()
        server = min(self._servers, key=lambda one: (one.rests_until > now, one.waiting))
        request.url = request.url.join(str(request.url).replace(_ANY_SERVER, server.base_url, 1))
        request.headers["Host"] = request.url.netloc.decode()
        server.waiting += 1
        try:
            async with server.slots:
                response = await super().send(request, **options)
        except Exception:
            server.rests_until = time.monotonic() + _REST_SECONDS
            raise
        finally:
            server.waiting -= 1
        server.rests_until = 0.0
        if response.is_success:
            try:
                response.extensions[_COMPLETION] = read_completion(response, str(request.url))
            except UnusableAnswerError as error:
                response.status_code = error.status
                response.extensions[_PROBLEM] = str(error)
        return response


class ServerPool:
    """The servers of one model; a failed request is retried on the server that is then least busy."""

    def __init__(self, model: str, base_urls: Sequence[str], connections: int, timeout: float, retries: int) -> None:
        """Create the shared client without sending anything. `OPENAI_API_KEY` is used if set.

        Args:
            model: the name that the servers serve it under.
            base_urls: base URLs, ending in /v1.
            connections: concurrent requests per server.
            timeout: seconds to wait for a server's answer.
            retries: attempts per request beyond the first.
        """
        self._model = model
        self._tries = retries + 1
        self._servers = [_Server(base_url.rstrip("/"), asyncio.Semaphore(connections)) for base_url in base_urls]
        self._client = openai.AsyncOpenAI(
            api_key=os.environ.get("OPENAI_API_KEY") or "none",
            base_url=_ANY_SERVER,
            max_retries=retries,
            http_client=_Balancer(self._servers, timeout),
            timeout=timeout,
        )
        self._asking_once = self._client.with_options(max_retries=0)

    async def describe_models(self) -> list[ServedModel]:
        """Return every server's description of the model.

        Raises:
            ShopBenchError: a server can't be reached, or doesn't serve the model.
        """
        return [await self._describe_model(server.base_url) for server in self._servers]

    async def _describe_model(self, base_url: str) -> ServedModel:
        try:
            content = await self._asking_once.get(f"{base_url}/models", cast_to=object)
        except openai.APIStatusError as error:
            raise _explain_refusal(error) from error
        except Exception as error:  # a wrong address can raise almost anything
            raise ShopBenchError(
                f"{base_url}: no OpenAI-compatible server answers there ({describe_error(error)}); start one, "
                "or fix base_urls"
            ) from error
        return read_model(content, self._model, base_url)

    async def count_tokens(self, dialogue: Sequence[dict[str, str]]) -> int | None:
        """Return a vLLM server's token count for a dialogue; None if it has none."""
        url = f"{self._servers[0].base_url.removesuffix('/v1')}/tokenize"
        try:
            content = await self._asking_once.post(
                url, body={"model": self._model, "messages": dialogue}, cast_to=object
            )
        except (openai.APIError, ValueError, RecursionError):
            return None
        return read_token_count(content)

    async def complete(self, body: dict[str, Any]) -> Completion:
        """Return a server's answer to a chat completion request.

        Raises:
            RefusedError: this request was refused.
            ShopBenchError: every attempt failed, or the server refuses all such requests.
        """
        try:
            answer = await self._client.chat.completions.with_raw_response.create(model=self._model, **body)
        except openai.APIConnectionError as error:
            raise self._explain_failure(error, describe_error(error)) from error
        except openai.APIStatusError as error:
            if isinstance(error, _TEMPORARY):
                reason = error.response.extensions.get(_PROBLEM, f"HTTP {error.status_code}")
                raise self._explain_failure(error, reason) from error
            raise _explain_refusal(error) from error
        completion: Completion = answer.http_response.extensions[_COMPLETION]
        return completion

    def _explain_failure(self, error: openai.APIError, reason: str) -> ShopBenchError:
        return ShopBenchError(
            f"{error.request.url}: no answer in {self._tries} tries (the last: {reason}); check the server, then run "
            "the same command again to continue"
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _explain_refusal(error: openai.APIStatusError) -> ShopBenchError:
    hint = "; set OPENAI_API_KEY" if error.status_code in {401, 403} else ""
    kind = RefusedError if error.status_code in REFUSAL_STATUS else ShopBenchError
    return kind(f"{error.request.url}: refuses the request (HTTP {error.status_code}: {describe_error(error)}){hint}")

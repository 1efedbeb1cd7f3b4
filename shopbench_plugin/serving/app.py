"""The web application: routes, limits, and errors in the form that OpenAI's clients read."""

import asyncio
import logging
import math
import traceback
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.predict import Prediction
from shopbench_plugin.serving.batching import BatchingWorker
from shopbench_plugin.serving.protocol import ChatRequest, write_chunks, write_completion, write_error, write_models
from shopbench_plugin.serving.rate import RateLimiter

_BUSY_SECONDS = 1.0
_BODY_IS_LEFT = (408, 413)
_NOT_FOUND = 404
_ROUTES = "POST /v1/chat/completions, GET /v1/models and GET /health"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServingLimits:
    """What one request and one client may take.

    Attributes:
        request_bytes: largest request body.
        seconds: time for the body to arrive, and again from then to the best valid answer at hand.
        grace_seconds: what an engine may be late with that answer before the request is given up.
        requests_per_second: of one client address, in the long run.
        burst: requests of one client address at once.
    """

    request_bytes: int = 1_000_000
    seconds: float = 60.0
    grace_seconds: float = 5.0
    requests_per_second: float = 20.0
    burst: int = 100


class _RefusedError(Exception):
    """A request that gets an error object instead of an answer."""

    def __init__(
        self, status: int, message: str, kind: str = "invalid_request_error", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        headers = {} if retry_after is None else {"Retry-After": str(max(1, math.ceil(retry_after)))}
        if status in _BODY_IS_LEFT:
            headers["Connection"] = "close"
        self.response = JSONResponse(write_error(message, kind), status, headers)


def create_app(worker: BatchingWorker, model: str, limits: ServingLimits) -> FastAPI:
    """Return the application.

    Args:
        worker: answers the questions.
        model: the name that clients are told.
        limits: what one request and one client may take.
    """
    rate = RateLimiter(limits.requests_per_second, limits.burst)
    app = FastAPI(title="ShopBench", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, _refuse_path)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/v1/models")
    async def models() -> JSONResponse:
        return JSONResponse(write_models(model))

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Response:
        try:
            _check_rate(request, rate)
            asked = _parse(await _read_body(request, limits))
            _check_model(asked, model)
            prediction = await _answer(asked, worker, limits)
        except _RefusedError as error:
            return error.response
        if asked.stream:
            chunks = write_chunks(prediction, model, with_usage=asked.wants_usage)
            return StreamingResponse(_stream(chunks), media_type="text/event-stream")
        return JSONResponse(write_completion(prediction, model))

    return app


async def _refuse_path(_: Request, error: Exception) -> Response:
    """Answer what fits no route: a path that isn't there, or the wrong method for one that is."""
    assert isinstance(error, HTTPException)  # noqa: S101  what it is registered for
    kind = "not_found_error" if error.status_code == _NOT_FOUND else "invalid_request_error"
    return JSONResponse(write_error(f"{error.detail}; there are {_ROUTES}", kind), error.status_code, error.headers)


def _check_rate(request: Request, rate: RateLimiter) -> None:
    """Count the request for the address that it comes from; what a proxy says of its own clients is not believed."""
    wait = rate.take(request.client.host if request.client else "")
    if wait:
        raise _RefusedError(429, "too many requests; try again in a moment", "rate_limit_error", wait)


async def _read_body(request: Request, limits: ServingLimits) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > limits.request_bytes:
                    raise _RefusedError(413, f"the request is longer than {limits.request_bytes} bytes")
    except TimeoutError as error:
        raise _RefusedError(408, f"the request did not arrive within {limits.seconds:g} s", "timeout_error") from error
    except ClientDisconnect as error:
        raise _RefusedError(400, "the request ended before its body did") from error
    return bytes(body)


def _parse(body: bytes) -> ChatRequest:
    try:
        asked = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        detail = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, detail["loc"]))
        raise _RefusedError(400, f"{where}: {detail['msg']}" if where else detail["msg"]) from error
    if asked.question is None:
        raise _RefusedError(400, "messages: no user turn; the last one is the question")
    return asked


def _check_model(asked: ChatRequest, model: str) -> None:
    if asked.model not in {None, model}:
        raise _RefusedError(
            _NOT_FOUND, f"the model '{asked.model}' is not served here; it is '{model}'", "not_found_error"
        )


async def _answer(asked: ChatRequest, worker: BatchingWorker, limits: ServingLimits) -> Prediction:
    question = Question(asked.question or "", is_multiple_choice=asked.is_multiple_choice)
    try:
        future = asyncio.wrap_future(worker.submit(question, limits.seconds))
    except ShopBenchError as error:
        raise _RefusedError(503, str(error), "server_error", _BUSY_SECONDS) from error
    try:
        # The engine keeps the time itself and gives what it has; only one that hangs lets this run out.
        return await asyncio.wait_for(future, limits.seconds + limits.grace_seconds)
    except TimeoutError as error:
        raise _RefusedError(504, f"no answer within {limits.seconds:g} s", "timeout_error") from error
    except Exception as error:
        # Where it happened may be told, not what it says: that could be a question, and another client's too.
        where = "".join(traceback.format_tb(error.__traceback__))
        _log.error("answering failed with %s\n%s", type(error).__name__, where)
        status = 503 if isinstance(error, ShopBenchError) else 500
        raise _RefusedError(status, "answering failed; the server's log says where", "server_error") from error


async def _stream(chunks: Iterable[dict[str, Any]]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield b"data: " + orjson.dumps(chunk) + b"\n\n"
    yield b"data: [DONE]\n\n"

"""The web application: routes, limits, and errors in the form that OpenAI's clients read."""

import asyncio
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shopbench_plugin.predict.dialogue import Dialogue
from shopbench_plugin.serving.answering import Answering, stream_answer
from shopbench_plugin.serving.answers import AnswerWriter, write_error, write_models
from shopbench_plugin.serving.batching import BatchingWorker
from shopbench_plugin.serving.limits import RefusedError, ServingLimits
from shopbench_plugin.serving.page import make_page
from shopbench_plugin.serving.protocol import BadRequestError, ChatRequest, read_request, shorten
from shopbench_plugin.serving.rate import RateLimiter

_NOT_FOUND = 404
_CHARACTERS_PER_TOKEN = 8
_BYTES_PER_REQUEST = 100_000
"""Bytes that count as a further request towards a client's rate: reading 1 MB of JSON takes as long as ten requests."""
_SECONDS_TO_REFUSAL = 0.5
"""How long a client that asks too often waits for its 429: otherwise one that retries at once keeps the server busy."""
_SECONDS_BETWEEN_LONG_READS = 0.05
"""A new connection takes several rounds of the event loop to be answered: none of them waits for more than one read."""
_ROUTES = "POST /v1/chat/completions, GET /v1/models and GET /health"


@dataclass(frozen=True, slots=True)
class Served:
    """What is served.

    Attributes:
        name: the model name that clients use.
        is_held: whether the engine generates only valid answers, which can be streamed as they are generated.
        has_page: whether GET / returns the page to try the model.
        context_length: tokens of the model's context. A request with more than eight characters per token is refused
            without tokenizing, which costs others no time; a shorter one is cut to fit.
    """

    name: str
    is_held: bool = False
    has_page: bool = True
    context_length: int = 32_768

    @property
    def most_characters(self) -> int:
        """Maximum number of characters of all turns of a request."""
        return self.context_length * _CHARACTERS_PER_TOKEN


def create_app(worker: BatchingWorker, served: Served, limits: ServingLimits) -> FastAPI:
    """Return the application.

    Args:
        worker: answers the questions.
        served: the model, and how.
        limits: per request and per client.
    """
    rate, long_reads = RateLimiter(limits.requests_per_second, limits.burst), asyncio.Lock()
    app = FastAPI(title="ShopBench", docs_url=None, redoc_url=None, openapi_url=None)

    _add_refusals(app, limits)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/v1/models")
    async def models() -> JSONResponse:
        return JSONResponse(write_models(served.name))

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Response:
        client = request.client.host if request.client else ""
        expected = _count_tokens(request, limits)
        if wait := rate.take(client, expected):
            await asyncio.sleep(_SECONDS_TO_REFUSAL)
            raise RefusedError(429, "too many requests; try again in a moment", "rate_limit_error", retry_after=wait)
        body = await _read_body(request, limits)
        rate.give_back(client, expected - 1 - len(body) // _BYTES_PER_REQUEST)
        if len(body) < _BYTES_PER_REQUEST:
            asked, dialogue = _read(body, served)
        else:
            async with long_reads:
                await asyncio.sleep(_SECONDS_BETWEEN_LONG_READS)
                asked, dialogue = _read(body, served)
        answering = Answering(worker, limits, asked)
        answering.submit(dialogue, client, len(body))
        writer = AnswerWriter(served.name, asked.wants_usage)
        if asked.stream:
            # A failure before anything has been sent still gets its own status.
            first = await answering.next_event()
            chunks = stream_answer(answering, first, writer, is_held=served.is_held)
            return StreamingResponse(chunks, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        return JSONResponse(writer.write_completion(await answering.wait(), answering.explained))

    if served.has_page:
        _add_page(app)
    return app


def _add_refusals(app: FastAPI, limits: ServingLimits) -> None:
    @app.exception_handler(RefusedError)
    async def refuse(_: Request, error: RefusedError) -> Response:
        return error.response

    @app.exception_handler(HTTPException)
    async def refuse_path(request: Request, error: HTTPException) -> Response:
        """Answer a request that matches no route, after reading its body or finding it too long."""
        try:
            await _read_body(request, limits)
        except RefusedError as refused:
            return refused.response
        kind = "not_found_error" if error.status_code == _NOT_FOUND else "invalid_request_error"
        return JSONResponse(
            write_error(f"{error.detail}; the routes are {_ROUTES}", kind), error.status_code, error.headers
        )


def _add_page(app: FastAPI) -> None:
    page = make_page()

    @app.get("/")
    async def show_page() -> Response:
        return page


def _count_tokens(request: Request, limits: ServingLimits) -> int:
    """Return how many requests one counts as by the length that its head declares, before its body is read."""
    declared = int(request.headers.get("content-length", limits.request_bytes))
    return 1 + min(declared, limits.request_bytes) // _BYTES_PER_REQUEST


async def _read_body(request: Request, limits: ServingLimits) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > limits.request_bytes:
                    raise RefusedError(413, f"the request is longer than {limits.request_bytes} bytes")
    except TimeoutError as error:
        raise RefusedError(408, f"the request did not arrive within {limits.seconds:g} s", "timeout_error") from error
    except ClientDisconnect as error:
        raise RefusedError(400, "the connection closed before the end of the body") from error
    return bytes(body)


def _read(body: bytes, served: Served) -> tuple[ChatRequest, Dialogue]:
    try:
        asked = read_request(body)
        dialogue = asked.to_dialogue()
    except BadRequestError as error:
        raise RefusedError(400, str(error), param=error.param) from error
    if asked.model not in {None, served.name}:
        message = f"the model '{shorten(str(asked.model))}' is not served here; it is '{served.name}'"
        raise RefusedError(_NOT_FOUND, message, "not_found_error", param="model")
    if (characters := asked.count_characters()) > served.most_characters:
        raise RefusedError(
            400,
            f"messages: {characters} characters are too many for the model's context of {served.context_length} "
            f"tokens; at most {served.most_characters} are read",
            param="messages",
        )
    return asked, dialogue

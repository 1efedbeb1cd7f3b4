"""One question in progress, from its request to its answer or stream of chunks."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from typing import Any

import orjson

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import WORTHLESS
from shopbench_plugin.predict import Prediction
from shopbench_plugin.predict.dialogue import Dialogue, Event, Prepared
from shopbench_plugin.serving.answers import AnswerWriter
from shopbench_plugin.serving.batching import BatchingWorker
from shopbench_plugin.serving.fairness import OverShareError
from shopbench_plugin.serving.limits import RefusedError, ServingLimits
from shopbench_plugin.serving.protocol import ChatRequest
from shopbench_plugin.serving.streaming import PieceCutter

_BUSY_SECONDS = 1.0
_UNASKABLE = {
    "too-long": "messages: instruction, options and earlier turns exceed the model's context; shorten them",
    "refused": "messages: too long for the model, or its chat template doesn't accept these turns",
}
_log = logging.getLogger(__name__)


class Answering:
    """One question in progress: its events in order, and then its answer.

    Its methods raise a RefusedError if there is no answer.
    """

    def __init__(self, worker: BatchingWorker, limits: ServingLimits, asked: ChatRequest) -> None:
        """Start the timer."""
        self._worker = worker
        self._limits = limits
        self._is_watched = bool(asked.stream or asked.explain)
        self._wants_explanation = bool(asked.explain)
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        # The engine watches the deadline itself and returns what it has; this timeout is for an engine that hangs.
        self._gives_up_at = self._loop.time() + limits.seconds + limits.grace_seconds
        self.prepared: Prepared | None = None

    @property
    def explained(self) -> Prepared | None:
        """How the question was prepared, if the client asked for it."""
        return self.prepared if self._wants_explanation else None

    def submit(self, dialogue: Dialogue, client: str, size: int) -> None:
        """Pass the question to the worker."""
        listener = self._hear if self._is_watched else None
        try:
            future = self._worker.submit(dialogue, self._limits.seconds, client, size, listener)
        except OverShareError as error:
            raise RefusedError(429, str(error), "rate_limit_error", retry_after=_BUSY_SECONDS) from error
        except ShopBenchError as error:
            raise RefusedError(503, str(error), "server_error", retry_after=_BUSY_SECONDS) from error
        self._future = asyncio.wrap_future(future)
        self._future.add_done_callback(lambda _: self._events.put_nowait(None))

    def _hear(self, event: Event) -> None:
        self._loop.call_soon_threadsafe(self._note, event)

    def _note(self, event: Event) -> None:
        if isinstance(event, Prepared):
            self.prepared = event
        self._events.put_nowait(event)

    async def next_event(self) -> Event | Prediction:
        """Return the next event; the last one is the answer."""
        try:
            async with asyncio.timeout_at(self._gives_up_at):
                event = await self._events.get()
        except TimeoutError as error:
            raise self._late() from error
        return await self.wait() if event is None else event

    async def wait(self) -> Prediction:
        """Return the answer."""
        try:
            async with asyncio.timeout_at(self._gives_up_at):
                prediction = await self._future
        except TimeoutError as error:
            raise self._late() from error
        except Exception as error:
            # The location may be logged but not the message, which could quote a question, even another client's.
            where = "".join(traceback.format_tb(error.__traceback__))
            _log.error("answering failed with %s\n%s", type(error).__name__, where)
            status = 503 if isinstance(error, ShopBenchError) else 500
            raise RefusedError(status, "answering failed; see the server's log", "server_error") from error
        self._check(prediction)
        return prediction

    def cancel(self) -> None:
        """Cancel the question if it is still waiting."""
        self._future.cancel()

    def _late(self) -> RefusedError:
        return RefusedError(504, f"no answer within {self._limits.seconds:g} s", "timeout_error")

    def _check(self, prediction: Prediction) -> None:
        """Raise a RefusedError for a fallback answer, which is valid but not the model's."""
        reason = prediction.finish_reason
        if reason in _UNASKABLE:
            raise RefusedError(400, _UNASKABLE[reason], param="messages")
        if reason == "deadline" and not prediction.raw:
            raise self._late()
        if prediction.refusal or reason in WORTHLESS:
            raise RefusedError(502, "the model returned no answer", "server_error")


async def stream_answer(
    answering: Answering, event: Event | Prediction, writer: AnswerWriter, *, is_held: bool
) -> AsyncIterator[bytes]:
    """Yield the lines of a stream of server-sent events, starting with `event`."""
    cutter: PieceCutter | None = None
    try:
        yield _line(writer.write_opening(answering.explained))
        while not isinstance(event, Prediction):
            if isinstance(event, Prepared):
                cutter = PieceCutter(event, is_held)
            elif cutter is not None:
                piece = cutter.cut(event)
                raw = event if answering.explained else None
                if piece or raw is not None:
                    yield _line(writer.write_piece(piece, raw))
            event = await answering.next_event()
        rest = event.prediction if cutter is None else cutter.finish(event)
        if rest:
            yield _line(writer.write_piece(rest))
        for chunk in writer.write_end(event):
            yield _line(chunk)
    except RefusedError as error:
        yield _line(error.content)
    finally:
        answering.cancel()
    yield b"data: [DONE]\n\n"


def _line(content: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"

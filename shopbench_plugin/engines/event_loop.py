"""Run an asyncio loop so that a signal can't break it."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


def run_in(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in `loop` and return its result.

    SIGINT or SIGTERM cancels it, and their own handlers run afterwards: an exception raised by a handler within a
    callback would leave the loop and the connections in an inconsistent state, so that closing them fails or hangs.
    """
    task = loop.create_task(work)
    with _put_off_signals(lambda: loop.call_soon_threadsafe(task.cancel)):
        return loop.run_until_complete(task)


@contextmanager
def _put_off_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Call `stop` on a signal, and the signal's own handler at the end of the block."""
    came: list[tuple[int, FrameType | None]] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append((number, frame))
        stop()

    handlers = {}
    if threading.current_thread() is threading.main_thread():  # other threads receive no signals
        found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        handlers = {number: handler for number, handler in found.items() if callable(handler)}
    try:
        for number in handlers:
            signal.signal(number, note)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for sent, frame in came[:1]:
            handlers[signal.Signals(sent)](sent, frame)

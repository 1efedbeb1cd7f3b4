"""Questions that come one by one, answered together: what arrives while the engine is busy is its next batch."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from shopbench_plugin.predict import Prediction
from shopbench_plugin.predict.dialogue import Dialogue, Event, Watch
from shopbench_plugin.serving.fairness import Bounds, FairQueue, Ticket


class Answer(Protocol):
    """The predictor's `answer_dialogues`."""

    def __call__(
        self, dialogues: Sequence[Dialogue], deadline: float | None, watch: Watch | None
    ) -> Iterator[tuple[int, Prediction]]:
        """Yield (index, prediction) for each dialogue."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    dialogue: Dialogue
    deadline: float
    listener: Callable[[Event], None] | None
    future: Future[Prediction] = field(default_factory=Future)


class BatchingWorker:
    """One thread that owns the engine."""

    def __init__(self, answer: Answer, bounds: Bounds | None = None) -> None:
        """Start the thread.

        Args:
            answer: answers a batch; called from this thread alone.
            bounds: what may be under way.
        """
        self._answer = answer
        self._queue: FairQueue[_Waiting] = FairQueue(bounds or Bounds())
        self._thread = threading.Thread(target=self._work, name="batching", daemon=True)
        self._thread.start()

    def submit(
        self,
        dialogue: Dialogue,
        seconds: float,
        client: str = "",
        size: int = 0,
        listener: Callable[[Event], None] | None = None,
    ) -> Future[Prediction]:
        """Return the answer to come; after `seconds` it is what has been written by then, made valid.

        A batch ends when the time of the first of its questions is up.

        Args:
            dialogue: what is asked.
            seconds: time for the answer.
            client: whose question it is; clients are served by turns.
            size: bytes of the request, which count for the client's share.
            listener: is told how the question was prepared and what has been generated, in the worker's thread.

        Raises:
            OverShareError: this client has too much under way.
            ShopBenchError: too many questions are waiting already.
        """
        one = _Waiting(dialogue, time.monotonic() + seconds, listener)
        ticket = self._queue.put(one, client, size)
        # One that was cancelled still waits, and counts until its turn.
        one.future.add_done_callback(lambda future: None if future.cancelled() else self._queue.release(ticket))
        return one.future

    def close(self) -> None:
        """Answer what is waiting, then stop."""
        self._queue.close()
        self._thread.join()

    def _work(self) -> None:
        while tickets := self._queue.take():
            running = [ticket.item for ticket in tickets if self._begin(ticket)]
            if running:
                self._answer_batch(running)

    def _begin(self, ticket: Ticket[_Waiting]) -> bool:
        if ticket.item.future.set_running_or_notify_cancel():
            return True
        self._queue.release(ticket)
        return False

    def _answer_batch(self, batch: Sequence[_Waiting]) -> None:
        def watch(index: int, event: Event) -> None:
            if (listener := batch[index].listener) is not None:
                listener(event)

        try:
            deadline = min(one.deadline for one in batch)
            is_watched = any(one.listener is not None for one in batch)
            dialogues = [one.dialogue for one in batch]
            for index, prediction in self._answer(dialogues, deadline, watch if is_watched else None):
                batch[index].future.set_result(prediction)
        except Exception as error:  # noqa: BLE001  whatever it is, those who wait have to be told
            for one in batch:
                if not one.future.done():
                    one.future.set_exception(error)

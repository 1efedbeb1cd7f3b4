"""Questions that come one by one, answered together: what arrives while the engine is busy is its next batch."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.predict import Prediction

Answer = Callable[[Sequence[Question], float], Iterator[tuple[int, Prediction]]]
"""The predictor's `answer`: questions and a deadline to (index, prediction) pairs."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    question: Question
    deadline: float
    future: Future[Prediction] = field(default_factory=Future)


class BatchingWorker:
    """One thread that owns the engine."""

    def __init__(self, answer: Answer, *, most_at_once: int = 256, most_waiting: int = 4096) -> None:
        """Start the thread.

        Args:
            answer: answers a batch; called from this thread alone.
            most_at_once: questions of one batch.
            most_waiting: questions that may wait; more are turned away.
        """
        self._answer = answer
        self._most_at_once = most_at_once
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(most_waiting)
        self._thread = threading.Thread(target=self._work, name="batching", daemon=True)
        self._thread.start()

    def submit(self, question: Question, seconds: float) -> Future[Prediction]:
        """Return the answer to come; after `seconds` it is the best valid one at hand.

        A batch ends when the time of the first of its questions is up.

        Raises:
            ShopBenchError: too many questions are waiting already.
        """
        one = _Waiting(question, time.monotonic() + seconds)
        try:
            self._waiting.put_nowait(one)
        except queue.Full:
            raise ShopBenchError("too many questions are waiting; try again in a moment") from None
        return one.future

    def close(self) -> None:
        """Answer what is waiting, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first, *self._take_waiting()]
            running = [one for one in batch if one.future.set_running_or_notify_cancel()]
            if running:
                self._answer_batch(running)

    def _take_waiting(self) -> Iterator[_Waiting]:
        for _ in range(self._most_at_once - 1):
            try:
                one = self._waiting.get_nowait()
            except queue.Empty:
                return
            if one is None:
                self._waiting.put(None)
                return
            yield one

    def _answer_batch(self, batch: Sequence[_Waiting]) -> None:
        try:
            deadline = min(one.deadline for one in batch)
            for index, prediction in self._answer([one.question for one in batch], deadline):
                batch[index].future.set_result(prediction)
        except Exception as error:  # noqa: BLE001  whatever it is, those who wait have to be told
            for one in batch:
                if not one.future.done():
                    one.future.set_exception(error)

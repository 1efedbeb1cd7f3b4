"""Questions that come one by one are answered together."""

import threading
import time

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.predict import Prediction
from shopbench_plugin.predict.dialogue import Dialogue
from shopbench_plugin.serving.batching import BatchingWorker
from shopbench_plugin.serving.fairness import Bounds, OverShareError

SECONDS = 60  # far more than any of it takes


def ask(text):
    return Dialogue(Question(text))


class Gate:
    """Answers each question with its own text, a batch at a time, once it is let through."""

    def __init__(self):
        self.batches = []
        self.deadlines = []
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)

    def __call__(self, dialogues, deadline, watch):
        questions = [dialogue.question for dialogue in dialogues]
        self.batches.append([question.input_field for question in questions])
        self.deadlines.append(deadline)
        self.entered.release()
        self.open.wait(SECONDS)
        for index, question in enumerate(questions):
            if watch is not None:
                watch(index, f"raw of {question.input_field}")
            if question.input_field == "fail":
                raise ShopBenchError("the engine is gone")
            yield index, Prediction(question, f"answer to {question.input_field}", "raw", "generation")


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def worker(gate):
    worker = BatchingWorker(gate, Bounds(most_at_once=3))
    yield worker
    gate.open.set()
    worker.close()


def test_what_comes_while_the_engine_is_busy_is_the_next_batch(gate, worker):
    first = worker.submit(ask("a"), SECONDS)
    gate.entered.acquire()
    rest = [worker.submit(ask(text), SECONDS) for text in "bcde"]
    gate.open.set()
    assert [future.result(SECONDS).prediction for future in [first, *rest]] == [f"answer to {text}" for text in "abcde"]
    assert gate.batches == [["a"], ["b", "c", "d"], ["e"]]


def test_a_cancelled_question_is_not_asked(gate, worker):
    worker.submit(ask("a"), SECONDS)
    gate.entered.acquire()
    assert worker.submit(ask("b"), SECONDS).cancel()
    last = worker.submit(ask("c"), SECONDS)
    gate.open.set()
    last.result(SECONDS)
    assert gate.batches == [["a"], ["c"]]


def test_a_failure_reaches_those_who_wait_and_nobody_else(gate, worker):
    gate.open.set()
    failed = worker.submit(ask("fail"), SECONDS)
    with pytest.raises(ShopBenchError, match="gone"):
        failed.result(SECONDS)
    assert worker.submit(ask("a"), SECONDS).result(SECONDS).prediction == "answer to a"


@pytest.mark.parametrize("seconds", [(2, 9), (9, 2)])
def test_the_deadline_of_a_batch_is_the_earliest_of_its_questions(gate, worker, seconds):
    worker.submit(ask("a"), SECONDS)
    gate.entered.acquire()
    before = time.monotonic()
    batch = [worker.submit(ask("b"), given) for given in seconds]
    after = time.monotonic()
    gate.open.set()
    for future in batch:
        future.result(SECONDS)
    assert gate.batches == [["a"], ["b", "b"]]
    assert before + 2 <= gate.deadlines[1] <= after + 2


def test_a_listener_is_told_of_its_own_question_alone(worker, gate):
    gate.open.set()
    told = []
    worker.submit(ask("a"), SECONDS, listener=told.append).result(SECONDS)
    worker.submit(ask("b"), SECONDS).result(SECONDS)
    assert told == ["raw of a"]


def test_what_a_client_gave_up_counts_until_its_turn(gate):
    worker = BatchingWorker(gate, Bounds(client_questions=2))
    worker.submit(ask("a"), SECONDS)
    gate.entered.acquire()
    worker.submit(ask("b"), SECONDS).cancel()
    with pytest.raises(OverShareError):
        worker.submit(ask("c"), SECONDS)
    gate.open.set()
    worker.close()

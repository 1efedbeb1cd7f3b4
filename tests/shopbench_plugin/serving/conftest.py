"""The endpoint over a small engine, in process and behind its real web server."""

import threading
import time
from contextlib import contextmanager

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.interface import Completion
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict import Predictor, PredictorSettings
from shopbench_plugin.serving.app import Served
from shopbench_plugin.serving.batching import BatchingWorker
from shopbench_plugin.serving.limits import ServingLimits
from shopbench_plugin.serving.server import make_server, open_socket

TITLE = "Folding steel camping stove for gas cartridges, 3000 W, with a carrying bag and two spare seals"


class Engine:
    """Writes what its constraint wants, else a title; in pieces, and never more tokens (words, labels) than it may."""

    context_length = 4096

    def __init__(self):
        self.asked = []

    def count_tokens(self, messages):
        if any("no system turns" in message.content for message in messages):
            raise ShopBenchError("the chat template takes no system turn")
        return sum(len(message.content.split()) for message in messages)

    def complete(self, prompts, deadline=None):
        yield from self.complete_streamed(prompts, deadline, lambda index, text: None)

    def complete_streamed(self, prompts, deadline, on_text):
        self.asked += prompts
        for index, prompt in enumerate(prompts):
            content = prompt.messages[-1].content
            if "explode" in content:
                raise RuntimeError(content)
            if "refuse" in content:
                raise ShopBenchError(f"http://engine: refuses the request (HTTP 400: {content})")
            pieces = self.write(prompt)
            for end in range(1, len(pieces) + 1):
                on_text(index, "".join(pieces[:end]))
            reason = "length" if len(pieces) == prompt.constraint.max_tokens else "stop"
            yield index, Completion("".join(pieces), reason, 20, 12, len(pieces))

    @staticmethod
    def write(prompt):
        if prompt.constraint.choices:
            answer = list("3,1,2" if "," in prompt.constraint.choices[0] else "1")
        elif prompt.constraint.regex:
            answer = list("3,1,2")
        else:
            words = TITLE.split()
            answer = [words[0], *(f" {word}" for word in words[1:])]
        return answer[: prompt.constraint.max_tokens]

    def close(self):
        pass


@contextmanager
def serve_predictions(engine, served=None, limits=None):
    """Serve on a free port; yield the address."""
    predictor = Predictor(PredictorSettings(engine=TransformersSettings(model="none")), engine)
    worker = BatchingWorker(predictor.answer_dialogues)
    server = make_server(worker, served or Served("shop", is_held=True), limits or ServingLimits(burst=1_000_000))
    with open_socket("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield "http://{}:{}".format(*listener.getsockname())
        finally:
            server.should_exit = True
            thread.join(20)
            worker.close()


@pytest.fixture(scope="module")
def engine():
    return Engine()


@pytest.fixture(scope="module")
def address(engine):
    """The address of a real server over the engine."""
    with serve_predictions(engine) as address:
        yield address

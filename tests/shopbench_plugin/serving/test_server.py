"""The server as `shopbench serve` runs it."""

import gc
import os
import signal
import threading
import time

import httpx

from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict import Predictor, PredictorSettings
from shopbench_plugin.serving.app import Served
from shopbench_plugin.serving.limits import ServingLimits
from shopbench_plugin.serving.protocol import BadRequestError
from shopbench_plugin.serving.server import open_socket, run_server
from tests.shopbench_plugin.serving.conftest import serve_predictions


def test_what_was_loaded_before_serving_is_left_out_of_garbage_collections(engine):
    def end_when_answered(address):
        while True:
            try:
                answered.append(httpx.get(f"{address}/health").status_code)
            except httpx.HTTPError:
                time.sleep(0.01)
            else:
                os.kill(os.getpid(), signal.SIGINT)
                return

    answered = []
    predictor = Predictor(PredictorSettings(engine=TransformersSettings(model="none")), engine)
    with open_socket("127.0.0.1", 0) as listener:
        address = "http://{}:{}".format(*listener.getsockname())
        thread = threading.Thread(target=end_when_answered, args=(address,))
        thread.start()
        before = len(gc.get_objects())
        try:
            run_server(listener, predictor, Served("shop"), ServingLimits())
            assert answered == [200]
            assert gc.get_freeze_count() >= before
        finally:
            thread.join()
            gc.unfreeze()


def test_health_does_not_wait_for_all_long_requests_that_are_read(engine, monkeypatch):
    def read_slowly(_):
        time.sleep(0.2)
        read.append(1)
        raise BadRequestError("the body is not a JSON object")

    def post(address):
        httpx.post(f"{address}/v1/chat/completions", content=b"x" * 100_000)

    read = []
    monkeypatch.setattr("shopbench_plugin.serving.app.read_request", read_slowly)
    with serve_predictions(engine) as address:
        clients = [threading.Thread(target=post, args=(address,)) for _ in range(8)]
        for client in clients:
            client.start()
        while len(read) < 2:
            time.sleep(0.01)
        before = len(read)
        assert httpx.get(f"{address}/health").status_code == 200
        assert len(read) <= before + 2  # one more, if the client itself had to wait for a core
        for client in clients:
            client.join()
    assert len(read) == 8

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
from shopbench_plugin.serving.server import open_socket, run_server


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

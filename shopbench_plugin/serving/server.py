"""The endpoint's socket and its web server."""

import socket
from contextlib import suppress

from shopbench_plugin.errors import ShopBenchError
from shopbench_plugin.predict import Predictor
from shopbench_plugin.serving.app import ServingLimits, create_app
from shopbench_plugin.serving.batching import BatchingWorker


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that is bound, so that a port that is taken shows before a model is loaded.

    Raises:
        ShopBenchError: the address can't be had.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        raise ShopBenchError(f"{host}:{port}: can't listen there ({error.strerror}); choose another --port") from error
    return listener


def run_server(listener: socket.socket, predictor: Predictor, name: str, limits: ServingLimits) -> None:
    """Serve until interrupted, then let what is under way finish."""
    import uvicorn

    worker = BatchingWorker(predictor.answer)
    # Uvicorn's access log is off: a shop's customers aren't to be found in it.
    config = uvicorn.Config(create_app(worker, name, limits), access_log=False, log_level="warning")
    try:
        # Ctrl-C is how it is meant to end; uvicorn raises it once more when it is through.
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    finally:
        worker.close()
        predictor.close()

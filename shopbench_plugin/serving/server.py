"""The endpoint's socket and its web server."""

import gc
import math
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.exits import TERMINATED
from shopbench_plugin.predict import Predictor
from shopbench_plugin.serving.app import Served, create_app
from shopbench_plugin.serving.batching import BatchingWorker
from shopbench_plugin.serving.fairness import Bounds
from shopbench_plugin.serving.limits import ServingLimits

if TYPE_CHECKING:
    import uvicorn


def open_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket, so that a port in use is found before a model is loaded.

    Raises:
        ShopBenchError: the address can't be bound.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        raise ShopBenchError(f"{host}:{port}: can't listen there ({error.strerror}); choose another --port") from error
    return listener


def run_server(listener: socket.socket, predictor: Predictor, served: Served, limits: ServingLimits) -> None:
    """Serve until interrupted or terminated, then finish the pending requests."""
    bounds = Bounds(client_bytes=limits.request_bytes, client_questions=limits.burst)
    worker = BatchingWorker(predictor.answer_dialogues, bounds)
    try:
        server = make_server(worker, served, limits)
        # A full collection looks at every object of the loaded libraries, which stops all threads for half a second.
        gc.freeze()
        with _end_on_signals():
            server.run(sockets=[listener])
    finally:
        worker.close()
        predictor.close()


@contextmanager
def _end_on_signals() -> Iterator[None]:
    """Treat SIGINT and SIGTERM as the normal end of a server; uvicorn raises them again when it has stopped."""
    try:
        yield
    except KeyboardInterrupt:
        pass
    except SystemExit as end:
        if end.code != TERMINATED:
            raise


def make_server(worker: BatchingWorker, served: Served, limits: ServingLimits) -> "uvicorn.Server":
    """Return the web server, which enforces the limits outside the application, and logs no requests."""
    import uvicorn

    from shopbench_plugin.serving.connections import SharedOutProtocol

    config = uvicorn.Config(
        create_app(worker, served, limits),
        http=SharedOutProtocol,
        ws="none",
        # A shop's customers must not appear in a log.
        access_log=False,
        log_level="warning",
        # Anyone who can reach the port could forge a proxy's header with any address.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=math.ceil(limits.seconds + limits.grace_seconds),
    )
    return uvicorn.Server(config)

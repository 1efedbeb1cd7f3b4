"""The endpoint behind its real web server, over loopback: what it listens on, what it takes, and what it logs."""

import inspect
import json
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from shopbench_plugin.cli.serve import serve
from shopbench_plugin.predict import Prediction
from shopbench_plugin.serving.app import Served
from shopbench_plugin.serving.batching import BatchingWorker
from shopbench_plugin.serving.connections import SharedOutProtocol
from shopbench_plugin.serving.fairness import Bounds
from shopbench_plugin.serving.limits import ServingLimits
from shopbench_plugin.serving.server import make_server, open_socket

PRIVATE = "the customer of 12 Elm Street"


def answer(dialogues, deadline, watch):
    for index, question in enumerate(dialogue.question for dialogue in dialogues):
        if "fail" in question.input_field:
            raise RuntimeError(question.input_field)
        yield index, Prediction(question, "fine", "raw", "generation", finish_reason="stop")


@contextmanager
def serving(limits=None, answer=answer, bounds=None):
    """Serve on a free port of the loopback address that the command takes by default; give the address."""
    worker = BatchingWorker(answer, bounds)
    server = make_server(worker, Served("shop"), limits or ServingLimits())
    with open_socket(inspect.signature(serve).parameters["host"].default, 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_for(lambda: server.started)
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join(20)
            worker.close()


def wait_for(condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited for 10 s")


def ask(address, text="hello", **more):
    body = {"messages": [{"role": "user", "content": text}]}
    return httpx.post("http://{}:{}/v1/chat/completions".format(*address), json=body, **more)


def talk(address, *pieces):
    """Send raw pieces and return all that comes back until the server closes the connection."""
    with socket.create_connection(address, timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def head(length):
    return f"POST /v1/chat/completions HTTP/1.1\r\nHost: shop\r\nContent-Length: {length}\r\n\r\n".encode()


def test_it_listens_on_loopback_alone_unless_told_otherwise():
    with serving() as address:
        assert address[0] == "127.0.0.1"
        assert ask(address).json()["choices"][0]["message"]["content"] == "fine"


def test_a_body_that_is_too_long_is_refused_before_all_of_it_has_come():
    with serving(ServingLimits(request_bytes=1000)) as address:
        assert ask(address, "x" * 2000).status_code == 413
        assert talk(address, head(10**12) + b"x" * 2000).startswith(b"HTTP/1.1 413 ")
        assert ask(address).status_code == 200


def test_a_client_that_asks_too_often_is_told_when_to_come_back():
    with serving(ServingLimits(requests_per_second=0.02, burst=3)) as address:
        answers = [ask(address, headers={"X-Forwarded-For": f"10.0.0.{number}"}) for number in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert answers[3].headers["retry-after"] == "50"
    assert answers[3].json()["error"]["type"] == "rate_limit_error"


def test_a_long_request_counts_as_several():
    with serving(ServingLimits(requests_per_second=0.02, burst=3)) as address:
        answers = [ask(address, text) for text in ("x" * 300_000, "x")]
    assert [one.status_code for one in answers] == [400, 429]


def test_a_long_request_counts_before_its_body_has_come():
    with serving(ServingLimits(requests_per_second=0.02, burst=8)) as address:
        (held,) = hold(address, 1, head(900_000))
        assert [get_health(address), get_health(address), ask(address).status_code] == [200, 200, 429]
        held.close()


def test_a_request_of_unknown_length_counts_as_what_it_was():
    def ask_in_pieces():
        body = json.dumps({"messages": [{"role": "user", "content": "hello"}]}).encode()
        return httpx.post("http://{}:{}/v1/chat/completions".format(*address), content=iter([body])).status_code

    with serving(ServingLimits(requests_per_second=0.02, burst=3)) as address:
        assert [ask_in_pieces() for _ in range(4)] == [200, 200, 200, 429]


def test_a_body_that_comes_too_slowly_is_given_up():
    with serving(ServingLimits(seconds=0.3)) as address:
        assert talk(address, head(100) + b"{").startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("begun", [b"", b"POST /v1/chat/completions HTTP/1.1\r\nHost: sh"])
def test_a_connection_on_which_no_request_comes_is_closed(begun, monkeypatch):
    monkeypatch.setattr(SharedOutProtocol, "seconds_for_head", 0.3)
    with serving() as address:
        assert talk(address, begun) == b""
        assert ask(address).status_code == 200


def test_the_second_request_of_a_connection_is_not_waited_for_either(monkeypatch):
    monkeypatch.setattr(SharedOutProtocol, "seconds_for_head", 0.3)
    body = json.dumps({"messages": [{"role": "user", "content": "hello"}]}).encode()
    with serving() as address:
        assert talk(address, head(len(body)) + body + b"POST /v1").count(b"HTTP/1.1 200 ") == 1


def test_an_engine_that_hangs_is_not_waited_for():
    free = threading.Event()

    def hang(dialogues, deadline, watch):
        free.wait(20)
        yield from ()

    with serving(ServingLimits(seconds=0.2, grace_seconds=0.1), hang) as address:
        assert ask(address).status_code == 504
        free.set()


def test_nothing_of_a_request_is_printed_or_logged(capfd, caplog):
    body = json.dumps({"messages": [{"role": "user", "content": PRIVATE}]}).encode()
    with caplog.at_level(logging.DEBUG, "shopbench_plugin"), serving() as address:
        assert ask(address, PRIVATE).status_code == 200
        assert ask(address, f"fail, {PRIVATE}").status_code == 500
        talk(address, f"GET /{PRIVATE} HTTP/0.3\r\n\r\n".encode())
        talk(address, head(len(body)).replace(b"Host", b"Connection: close\r\nHost") + body[:-2] + b"}}")
        httpx.get("http://{}:{}/v1/models".format(*address), params={"q": PRIVATE})
    printed = capfd.readouterr()
    assert "Elm Street" not in printed.out + printed.err + caplog.text


def hold(address, count, sent=b"", source="127.0.0.1"):
    """Open connections and send so much on each."""
    held = [socket.create_connection(address, timeout=10, source_address=(source, 0)) for _ in range(count)]
    for connection in held:
        connection.sendall(sent)
    return held


def get_health(address):
    return httpx.get("http://{}:{}/health".format(*address)).status_code


def test_health_and_questions_are_answered_while_an_address_holds_as_many_connections_as_it_likes():
    with serving() as address:
        held = hold(address, 512)
        assert [get_health(address) for _ in range(10)] == [200] * 10
        assert ask(address).status_code == 200
        for connection in held:
            connection.close()


def test_a_new_connection_replaces_the_oldest_that_waits(monkeypatch):
    monkeypatch.setattr(SharedOutProtocol, "most_of_one_address", 3)
    with serving() as address:
        first, second, third, fourth = hold(address, 4)
        assert first.recv(1) == b""
        request = b"GET /health HTTP/1.1\r\nHost: shop\r\n\r\n"
        for connection in (second, third, fourth):
            connection.sendall(request)
            assert connection.recv(12) == b"HTTP/1.1 200"
            connection.close()


def test_an_address_with_its_share_of_requests_under_way_gets_health_alone(monkeypatch):
    monkeypatch.setattr(SharedOutProtocol, "most_of_one_address", 3)
    with serving() as address:
        held = hold(address, 3, head(100) + b"{")
        wait_for(lambda: ask(address).status_code == 503)
        assert get_health(address) == 200
        (other,) = hold(address, 1, b"GET /v1/models HTTP/1.1\r\nHost: shop\r\n\r\n", source="127.0.0.2")
        assert other.recv(12) == b"HTTP/1.1 200"
        for connection in (*held, other):
            connection.close()


def test_connections_beyond_the_spare_ones_are_closed_at_once(monkeypatch):
    monkeypatch.setattr(SharedOutProtocol, "most_of_one_address", 2)
    monkeypatch.setattr(SharedOutProtocol, "spare", 0)
    with serving() as address:
        held = hold(address, 2, head(100) + b"{")
        wait_for(lambda: ask_status(address) is None)
        for connection in held:
            connection.close()


def ask_status(address):
    try:
        return ask(address).status_code
    except httpx.HTTPError:
        return None


@pytest.mark.parametrize(
    ("request_line", "status"),
    [("POST /nowhere", b"413"), ("PUT /v1/models", b"413"), ("GET /health", b"200"), ("GET /", b"200")],
)
def test_a_body_without_an_end_is_not_read_to_it(request_line, status):
    head = f"{request_line} HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with serving(ServingLimits(request_bytes=1000)) as address:
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(head + b"400\r\n" + b"x" * 1024 + b"\r\n")
            received = b""
            try:
                while piece := connection.recv(65536):
                    received += piece
            except ConnectionResetError:
                pass
        assert received.startswith(b"HTTP/1.1 " + status)
        assert ask(address).status_code == 200


def test_one_client_with_much_under_way_is_told_to_wait_and_others_are_answered():
    free = threading.Event()
    begun = threading.Event()

    def answer_when_free(dialogues, deadline, watch):
        if "big" in dialogues[0].question.input_field:
            begun.set()
            free.wait(20)
        yield from answer(dialogues, deadline, watch)

    def ask_from(source, text):
        transport = httpx.HTTPTransport(local_address=source)
        with httpx.Client(transport=transport) as client:
            body = {"messages": [{"role": "user", "content": text}]}
            return client.post("http://{}:{}/v1/chat/completions".format(*address), json=body, timeout=20)

    with (
        serving(answer=answer_when_free, bounds=Bounds(client_bytes=100_000)) as address,
        ThreadPoolExecutor() as threads,
    ):
        big = threads.submit(ask_from, "127.0.0.1", "big" * 20_000)
        assert begun.wait(20)
        second = ask_from("127.0.0.1", "big" * 20_000)
        assert (second.status_code, second.headers["retry-after"]) == (429, "1")
        assert get_health(address) == 200
        small = threads.submit(ask_from, "127.0.0.2", "small")
        free.set()
        assert [big.result(20).status_code, small.result(20).status_code] == [200, 200]

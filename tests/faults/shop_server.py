"""A real HTTP server on loopback that answers as an OpenAI-compatible one does, or fails as it is told."""

import hashlib
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "shop"
_USELESS = {
    "wrong": "certainly! 2",
    "html": "<html><body>Sign in to the network</body></html>",
    "empty": '{"choices": []}',
    "null": '{"choices": [{"message": {"content": null}}]}',
    "number": '{"choices": [{"message": {"content": 2}}]}',
    "list": "[]",
}


class ShopServer(ThreadingHTTPServer):
    """Answers a question with a number made of its text, so that any two runs get the same answers.

    Attributes:
        url: the address to give as --base-url.
        failures: what happens to the next requests, one entry each: an HTTP status; "slow" (no answer until the server
            ends), "half" (the connection closes within the body), "wrong" (no JSON), "html", "empty" (no choices),
            "null" (a message without text), "number" (a message that is none), "list" (JSON, but no object), "gzip"
            (compressed, it says, and is not), "odd" (the right answer, its counts no numbers), "held" (the right
            answer, once `released` is set); None for the right answer.
        seconds: how long an answer takes.
        asked: how often each question was asked.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, failures: tuple[int | str, ...] = (), seconds: float = 0.0) -> None:
        """Start to answer."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.failures: list[int | str | None] = list(failures)
        self.seconds = seconds
        self.asked: Counter[str] = Counter()
        self.released = threading.Event()
        self.ended = threading.Event()
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def take_failure(self, question: str) -> int | str | None:
        with self.lock:
            self.asked[question] += 1
            failure = self.failures.pop(0) if self.failures else None
        if failure == "held":
            self.released.wait()
        return None if failure == "held" else failure

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that were killed."""

    def stop(self) -> None:
        self.released.set()
        self.ended.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ShopServer

    def do_GET(self) -> None:
        model = {"id": MODEL, "owned_by": "somebody", "max_model_len": 4096}
        self._reply(200, json.dumps({"object": "list", "data": [model]}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        question = body["messages"][-1]["content"]
        failure = self.server.take_failure(question)
        time.sleep(self.server.seconds)
        number = int(hashlib.sha256(question.encode()).hexdigest(), 16) % 4
        message: dict[str, Any] = {"message": {"role": "assistant", "content": str(number)}, "finish_reason": "stop"}
        whole = json.dumps({"choices": [message], "usage": {"prompt_tokens": 9, "completion_tokens": 1}})
        match failure:
            case int():
                self._reply(failure, '{"error": {"message": "told to\\nfail"}}')
            case "slow":
                self.server.ended.wait()
                self.close_connection = True
            case "half":
                self._reply(200, whole, sent=len(whole) // 2)
            case "gzip":
                self._reply(200, whole, encoding="gzip")
            case "odd":
                self._reply(200, json.dumps({"choices": [message], "usage": {"prompt_tokens": "9"}}))
            case _:
                self._reply(200, _USELESS.get(failure or "", whole))

    def _reply(self, status: int, text: str, sent: int | None = None, encoding: str = "identity") -> None:
        payload = text.encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-encoding", encoding)
        self.send_header("content-length", str(len(payload)))
        self.send_header("retry-after-ms", "20")  # half a second otherwise
        self.end_headers()
        self.wfile.write(payload[:sent])
        self.close_connection = sent is not None

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

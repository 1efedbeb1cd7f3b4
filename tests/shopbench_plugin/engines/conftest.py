"""A tiny model, once for all engines that load one, and loopback servers that fail as told."""

import json
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model

TEXTS = [
    "Which colour does the kettle have?\n0. red\n1. blue\n2. green\nAnswer: 1",
    "Rank the products: 1. lamp 2. desk 3. chair. Answer with numbers like 3,1,2 and nothing else.",
    "The customer bought a garden hose, a watering can and a pair of gloves in March.",
    "Extract the brand from the review: the kettle from Brauhaus boils quickly, said one buyer.",
]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """A random Qwen2 of 0.4 million parameters in float32, so that two engines' greedy answers can be compared."""
    folder = tmp_path_factory.mktemp("tiny-model")
    create_tiny_model(TEXTS, folder, TinyModelSettings(vocabulary_size=512, context_length=1024))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["dtype"] = "float32"
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def broken_model(tiny_model, tmp_path_factory) -> Path:
    """The tiny model with one NaN in its last norm: all that it computes is NaN."""
    return copy_with_norm(tiny_model, tmp_path_factory.mktemp("broken-model"), slice(3, 4), float("nan"))


@pytest.fixture(scope="session")
def flat_model(tiny_model, tmp_path_factory) -> Path:
    """The tiny model with zeros in its last norm: it scores all tokens alike."""
    return copy_with_norm(tiny_model, tmp_path_factory.mktemp("flat-model"), slice(None), 0.0)


def copy_with_norm(model: Path, folder: Path, places: slice, value: float) -> Path:
    from safetensors.numpy import load_file, save_file

    shutil.copytree(model, folder, dirs_exist_ok=True)
    weights = load_file(folder / "model.safetensors")
    norm = weights["model.norm.weight"].copy()
    norm[places] = value
    save_file(weights | {"model.norm.weight": norm}, folder / "model.safetensors", {"format": "pt"})
    return folder


class LoopbackServer(ThreadingHTTPServer):
    """Answers every question with its own text, after the failures that `script` holds for it.

    An entry of `script` is an HTTP status, "half" (the connection closes within the body), "empty" (no choices), "gzip"
    (what says it is compressed and is not), "error" (an error about the request with status 200), bytes (with status
    400), or a number of seconds to wait. With `lists_rubbish` the list
    of models says that it is compressed and is not.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, owned_by="vllm", max_model_len=2048, script=(), lists_rubbish=False):
        super().__init__(("127.0.0.1", 0), LoopbackHandler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.model = {"id": "shop", "owned_by": owned_by, "max_model_len": max_model_len}
        self.script = list(script)
        self.lists_rubbish = lists_rubbish
        self.bodies = []
        self.open_requests = self.most_open_requests = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def receive(self, body):
        with self.lock:
            self.bodies.append(body)
            self.open_requests += 1
            self.most_open_requests = max(self.most_open_requests, self.open_requests)
            return self.script.pop(0) if self.script else 200

    def release(self):
        with self.lock:
            self.open_requests -= 1

    def handle_error(self, request, client_address):
        """Say nothing: clients that hang up are part of the play."""

    def stop(self):
        self.shutdown()
        self.server_close()


class LoopbackHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LoopbackServer

    def do_GET(self):
        headers = [("content-encoding", "gzip")] if self.server.lists_rubbish else []
        self.reply(200, {"object": "list", "data": [self.server.model]}, *headers)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/tokenize":
            self.reply(200, {"count": 77})
            return
        step = self.server.receive(body)
        time.sleep(step if isinstance(step, float) else 0.01)
        self.server.release()
        self.play(step, body["messages"][-1]["content"])

    def play(self, step, text):
        if step == "half":
            self.send_response(200)
            self.send_header("content-length", "500")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
            self.close_connection = True
        elif step == "empty":
            self.reply(200, {"choices": []})
        elif step == "gzip":
            self.reply(200, {}, ("content-encoding", "gzip"))
        elif step == "error":
            self.reply(200, {"error": {"message": "told to\nfail", "code": 400}})
        elif isinstance(step, bytes):
            self.send(400, step)
        elif isinstance(step, int) and step != 200:
            self.reply(step, {"error": {"message": "told to\nfail"}})
        else:
            usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
            choice = {"message": {"content": text}, "finish_reason": "stop"}
            self.reply(200, {"choices": [choice], "usage": usage})

    def reply(self, status, content, *headers):
        self.send(status, json.dumps(content).encode(), *headers)

    def send(self, status, payload, *headers):
        self.send_response(status)
        for header in headers:
            self.send_header(*header)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.send_header("retry-after-ms", "20")  # half a second otherwise
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def serve():
    """Return a function that starts a LoopbackServer; all of them stop with the test."""
    servers = []

    def start(**options):
        servers.append(LoopbackServer(**options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()

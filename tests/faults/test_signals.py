"""SIGINT and SIGTERM: one line, the status a shell gives them, nothing half-written, and the same command goes on."""

import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.faults.commands import QUESTIONS, SHOPBENCH, Outcome, check_one_line, fingerprint, list_names, run, stop_when
from tests.faults.conftest import Command
from tests.faults.shop_server import MODEL, ShopServer

SIGNALS = pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)


@SIGNALS
def test_predict(
    number: int, status: int, predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    server = serve(*["held"] * 60)
    server.failures[:10] = [None] * 10  # the rest waits, so that no signal comes too late
    output = tmp_path / "out" / "answers.jsonl"
    journal = output.with_name("answers.jsonl.part")
    stopped = stop_when(predict(server, output), lambda: journal.exists() and journal.stat().st_size > 100, number)
    check_one_line(stopped, status, signal.Signals(number).name, "run the same command again to continue")
    assert list_names(output.parent) == ["answers.jsonl.part"]
    kept = journal.read_bytes().count(b"\n") - 1

    server.failures.clear()
    before = server.asked.total()
    assert run(predict(server, output)).status == 0
    assert server.asked.total() - before == 60 - kept
    assert list_names(output.parent) == ["answers.jsonl", "answers.jsonl.run.json"]


def has_begun_to_write(folder: Path) -> bool:
    return any(folder.glob(".rows.jsonl.*.part"))


@SIGNALS
def test_convert(number: int, status: int, convert: Callable[..., Command], tmp_path: Path) -> None:
    for attempt in range(8):  # the signal may arrive as a file is made, which the next run removes, or after the last
        folder = tmp_path / f"out{attempt}"
        stopped = stop_when(convert(folder), partial(has_begun_to_write, folder), number)
        if not folder.exists():
            break
    check_one_line(stopped, status, "run the same command again")
    assert not folder.exists()
    assert run(convert(folder)).status == 0
    assert run(convert(tmp_path / "whole")).status == 0
    assert fingerprint(folder / "rows.jsonl") == fingerprint(tmp_path / "whole" / "rows.jsonl")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_well(number: int, serve: Callable[..., ShopServer]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    def is_serving() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    model = ["--model", MODEL, "--engine", "openai", "--base-url", serve().url]
    stopped = stop_when([SHOPBENCH, "serve", *model, "--port", port], is_serving, number)
    assert (stopped.status, stopped.err) == (0, "")


@SIGNALS
def test_evaluate(number: int, status: int, tmp_path: Path) -> None:
    pipe, scores = tmp_path / "predictions", tmp_path / "out" / "scores.json"
    files = ["--predictions", pipe, "--reference", QUESTIONS, "--json", scores]
    stopped = _stop_at_pipe([SHOPBENCH, "evaluate", *files], pipe, number)
    check_one_line(stopped, status, "run the same command again")
    assert not scores.exists()


def _stop_at_pipe(command: Command, pipe: Path, number: int) -> Outcome:
    """Stop a command while it waits at a pipe that nobody writes to, so that it is stopped in its work."""
    os.mkfifo(pipe)
    writer = None

    def is_reading() -> bool:
        nonlocal writer
        try:
            writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody has opened it yet
            return False
        return True

    try:
        return stop_when(command, is_reading, number)
    finally:
        if writer is not None:
            os.close(writer)

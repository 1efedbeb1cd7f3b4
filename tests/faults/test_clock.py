"""A clock that is set back while a command runs: nothing is measured, ordered or kept by it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.commands import check_one_line, fingerprint, run
from tests.faults.conftest import Command
from tests.faults.shop_server import ShopServer

HOUR = 3600

# Python runs a module of this name at its start. Each look at the clock finds it an hour earlier than the last one.
SET_BACK = """
import time
_start, _looks = time.time(), 0

def _go_back():
    global _looks
    _looks += 1
    return _start - 3600 * _looks

time.time = _go_back
time.time_ns = lambda: int(_go_back() * 10**9)
"""


@pytest.fixture
def set_back(tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose clock runs backwards."""
    folder = tmp_path / "clock"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SET_BACK)
    return {"PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


def test_convert_gives_the_same(set_back: dict[str, str], convert: Callable[[Path], Command], tmp_path: Path) -> None:
    assert run(convert(tmp_path / "back"), warm=(), **set_back).status == 0
    assert run(convert(tmp_path / "forth")).status == 0
    assert fingerprint(tmp_path / "back" / "rows.jsonl") == fingerprint(tmp_path / "forth" / "rows.jsonl")


def test_predict_gives_the_same_within_its_time_budget(
    set_back: dict[str, str], predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    budget = ["--seconds-per-run", "600"]
    assert run(predict(serve(429), tmp_path / "back.jsonl", *budget), warm=(), **set_back).status == 0
    assert run(predict(serve(), tmp_path / "forth.jsonl", *budget)).status == 0
    assert (tmp_path / "back.jsonl").read_bytes() == (tmp_path / "forth.jsonl").read_bytes()


def test_a_server_that_never_answers_is_given_up_all_the_same(
    set_back: dict[str, str], predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("timeout: 3\nretries: 0\n")
    failed = run(predict(serve(*["slow"] * 60), tmp_path / "back.jsonl", "--config", settings), warm=(), **set_back)
    check_one_line(failed, 1, "no answer in 1 tries")


def test_a_run_goes_on_though_its_journal_is_from_the_future(
    predict: Callable[..., Command], serve: Callable[..., ShopServer], questions: Path, tmp_path: Path
) -> None:
    server = serve()
    server.failures = [*[None] * 20, *[401] * 60]
    output, journal = tmp_path / "answers.jsonl", tmp_path / "answers.jsonl.part"
    assert run(predict(server, output)).status == 1
    kept = journal.read_bytes().count(b"\n") - 1
    ahead = time.time() + HOUR
    os.utime(journal, (ahead, ahead))
    os.utime(questions, (ahead, ahead))
    server.failures.clear()
    server.asked.clear()
    assert run(predict(server, output)).status == 0
    assert server.asked.total() == 60 - kept

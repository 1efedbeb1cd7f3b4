"""Progress of long work on a terminal and in a log file."""

import logging

import pytest

from shopbench_plugin.core import progress
from shopbench_plugin.core.progress import Progress, announce, track


@pytest.mark.parametrize(
    ("total", "done", "seconds", "text"),
    [
        (9, 0, 5.0, "0 of 9 rows"),
        (9, 3, 2.0, "3 of 9 rows, 1.5/s, 0:04 left"),
        (20_799, 10_000, 10.0, "10,000 of 20,799 rows, 1,000.0/s, 0:11 left"),
        (7200, 1, 1.0, "1 of 7,200 rows, 1.0/s, 119:59 left"),
        (None, 40, 4.0, "40 rows, 10.0/s"),
        (52, 3, 60.0, "3 of 52 rows, 3.0/min, 16:20 left"),
        (3, 4, 1.0, "4 of 3 rows, 4.0/s, 0:00 left"),
    ],
)
def test_units_done_rate_and_time_left_are_shown(total: int | None, done: int, seconds: float, text: str) -> None:
    assert Progress("reading", total, "rows", done, started=100.0).describe(100.0 + seconds) == text


def test_a_pipe_gets_a_line_after_enough_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0)
    with caplog.at_level(logging.INFO):
        assert list(track("ab", doing="answering q.jsonl", total=2, unit="questions")) == ["a", "b"]
    assert [line.partition(", ")[0] for line in caplog.messages] == [
        "answering q.jsonl: 1 of 2 questions",
        "answering q.jsonl: 2 of 2 questions",
    ]


def test_a_pipe_gets_no_line_for_quick_work(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert list(track("ab", doing="answering q.jsonl", total=2, unit="questions")) == ["a", "b"]
    assert caplog.messages == []


def test_a_terminal_sees_what_is_done_from_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    monkeypatch.setenv("COLUMNS", "120")
    items = track("ab", doing="answering [q].jsonl", total=2, unit="questions")
    next(items)
    assert "answering [q].jsonl" in capsys.readouterr().err
    assert list(items) == ["b"]
    assert "2 of 2 questions" in capsys.readouterr().err


def test_a_step_is_announced_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        announce("loading models/100% in vllm")
    assert caplog.messages == ["loading models/100% in vllm"]

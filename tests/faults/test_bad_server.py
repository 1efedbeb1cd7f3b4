"""A server that is slow, busy, wrong or gone, behind `shopbench predict`: right answers in the end, or one line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.commands import check_one_line, fingerprint, list_names, run, run_here
from tests.faults.conftest import Command
from tests.faults.shop_server import ShopServer

PASSING = [429, 500, 502, 503, "half", "wrong", "html", "empty", "number", "list", "gzip"]
REFUSALS = {400: "told to fail", 401: "set OPENAI_API_KEY", 404: "told to fail"}


CONNECTIONS = 4


def test_failures_that_pass_change_no_answer(
    predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    assert run_here(predict(serve(*PASSING), tmp_path / "disturbed.jsonl")).status == 0
    assert run_here(predict(serve(), tmp_path / "answers.jsonl")).status == 0
    (disturbed,) = fingerprint(tmp_path / "disturbed.jsonl").values()
    assert [disturbed] == list(fingerprint(tmp_path / "answers.jsonl").values())


@pytest.mark.parametrize("failure", [429, 500, "half", "wrong", "empty", "slow"])
def test_a_failure_that_stays_is_one_line_and_the_same_command_goes_on(
    failure: int | str,
    predict: Callable[..., Command],
    serve: Callable[..., ShopServer],
    tmp_path: Path,
) -> None:
    # Only a server that never answers has to be waited for; the others' good answers may take long on a busy machine.
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"timeout: {3 if failure == 'slow' else 60}\nretries: 1\nconnections: {CONNECTIONS}\n")
    server = serve()
    output = tmp_path / "out" / "answers.jsonl"
    server.failures = [*[None] * 10, *[failure] * 200]  # ten answers before it begins
    failed = run_here(predict(server, output, "--config", settings))
    check_one_line(failed, 1, f"{server.url}/chat/completions: no answer in 2 tries", "run the same command again")
    assert list_names(output.parent) == ["answers.jsonl.part"]
    kept = (output.parent / "answers.jsonl.part").read_bytes().count(b"\n") - 1
    assert kept > 10 - CONNECTIONS, "only what was under way when the failures began can be lost"
    server.failures.clear()
    server.asked.clear()
    assert run_here(predict(server, output)).status == 0
    assert len(server.asked) == 60 - kept, "what was kept is not asked again"
    assert output.read_bytes().count(b"\n") == 60


@pytest.mark.parametrize(("status", "reason"), REFUSALS.items())
def test_a_refusal_is_one_line_at_once(
    status: int, reason: str, predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    failed = run_here(predict(serve(*[status] * 100), tmp_path / "answers.jsonl"))
    check_one_line(failed, 1, f"refuses the request (HTTP {status}", reason)


def test_an_answer_without_text_is_repaired(
    predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    assert run_here(predict(serve("null"), tmp_path / "answers.jsonl")).status == 0
    assert b'"prediction":""' not in (tmp_path / "answers.jsonl").read_bytes()


def test_a_server_that_sends_no_text_at_all_gives_no_predictions(
    predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    failed = run_here(predict(serve(*["null"] * 60), tmp_path / "answers.jsonl"))
    check_one_line(failed, 1, "an answer without text")


def test_a_server_that_sends_no_text_too_often_ends_with_status_1(
    predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    failed = run_here(predict(serve(*[*[None] * 40, *["null"] * 20]), tmp_path / "answers.jsonl"))
    assert failed.status == 1
    assert "20 of 60 answers are unusable (20 without text), more than --max-unusable 0.1" in failed.err


def test_counts_that_are_no_numbers_count_as_none(
    predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    assert run_here(predict(serve(*["odd"] * 60), tmp_path / "answers.jsonl")).status == 0
    rows = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_bytes().splitlines()]
    assert {row["prompt_tokens"] for row in rows} == {0}


def test_a_question_that_is_refused_ends_no_run(
    predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    server = serve(400)
    outcome = run(predict(server, tmp_path / "answers.jsonl"))
    assert outcome.status == 0
    reason = f"{server.url}/chat/completions: refuses the request (HTTP 400: told to fail)"
    assert outcome.err.splitlines()[-1] == (
        f"{tmp_path}/answers.jsonl: 1 of 60 questions were refused or got no text, and have a valid fallback answer "
        f"(the first: {reason})"
    )
    rows = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_bytes().splitlines()]
    assert [row["refusal"] for row in rows if row["finish_reason"] == "refused"] == [reason]
    assert all(row["prediction"] for row in rows)


def test_a_server_that_is_gone_is_named(
    predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    server = serve()
    server.stop()
    failed = run_here(predict(server, tmp_path / "answers.jsonl"))
    check_one_line(failed, 1, f"{server.url}: no OpenAI-compatible server answers there")
    assert not list(tmp_path.glob("answers*"))

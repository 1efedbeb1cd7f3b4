"""`shopbench predict`, `ask` and `serve` from the outside: one line and exit status 1 for what the user can fix."""

import json
import os
import random
import signal
import socket
import sys
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model
from shopbench_plugin.predict.summary import RunSummary
from tests.program import shopbench
from tests.shopbench_plugin.conftest import PROJECT
from tests.warm_start import VLLM_MODULES, run_warm, start_warm

PROGRAM = Path(sys.executable).with_name("shopbench")
QUESTIONS = [
    {
        "input_field": f"Which costs {number} euros?\n0. kettle\n1. lamp\n2. {'rug ' * (number % 7 + 1)}\nAnswer: ",
        "is_multiple_choice": True,
    }
    for number in range(400)
]
DEVELOPMENT = [
    {
        "input_field": "Which of these is worn?\n0. kettle\n1. scarf\nAnswer: ",
        "output_field": 1,
        "task_name": "task1",
        "task_type": "multiple-choice",
        "metric": "accuracy",
        "is_multiple_choice": True,
        "track": "amazon-kdd-cup-24-understanding-shopping-concepts",
    }
]


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def questions(tmp_path):
    return write_rows(tmp_path / "questions.jsonl", QUESTIONS)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    create_tiny_model([row["input_field"] for row in QUESTIONS[:20]], folder, TinyModelSettings(vocabulary_size=400))
    return folder


def assert_fails(done, *parts):
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    for part in parts:
        assert part in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "missing"], "no such model folder"),
        (["--model", "any", "--preset", "few-shot"], "unknown preset 'few-shot', did you mean 'fewshot'"),
        (["--model", "any", "--preset", "fewshot"], "pass --development-set FILE, or --preset zero-shot"),
        ([], "missing setting 'model': pass --model"),
        (
            ["--model", "any", "--engine", "openai", "--base-url", "http://127.0.0.1:9/v1"],
            "no OpenAI-compatible server",
        ),
    ],
)
def test_a_mistake_is_one_line(questions, tmp_path, arguments, message):
    output = tmp_path / "answers.jsonl"
    assert_fails(shopbench("predict", "--input", questions, "--output", output, *arguments), message)
    assert list(tmp_path.iterdir()) == [questions]


def test_repeated_questions_are_one_line(tmp_path):
    path = write_rows(tmp_path / "questions.jsonl", [QUESTIONS[0], QUESTIONS[1], QUESTIONS[0]])
    done = shopbench("predict", "--model", "any", "--input", path, "--output", tmp_path / "answers.jsonl")
    assert_fails(done, "question 3 repeats question 1", "--allow-repeats")


def test_an_output_of_another_run_is_one_line(questions, tmp_path):
    output = tmp_path / "answers.jsonl"
    output.write_text("{}\n", encoding="utf-8")
    assert_fails(shopbench("predict", "--model", "any", "--input", questions, "--output", output), "--overwrite")
    assert output.read_text(encoding="utf-8") == "{}\n"


def test_the_last_line_counts_the_questions_that_were_too_long_to_be_asked(questions, tmp_path, monkeypatch):
    summary = RunSummary(
        run="a",
        settings={},
        versions={},
        questions=400,
        asked=400,
        seconds=2.5,
        unsure=1,
        unfinished={"length": 7, "too-long": 3, "deadline": 2, "not-finite": 4, "undecided": 3},
        no_text={"stop": 6, "tool_calls": 2},
        cut=5,
        cached_share=0.25,
        digest="",
    )
    monkeypatch.setattr("shopbench_plugin.predict.run.predict_file", lambda _: summary)
    output = tmp_path / "answers.jsonl"
    done = CliRunner().invoke(app, ["predict", "--model", "any", "--input", str(questions), "--output", str(output)])
    assert done.stdout == (
        f"{output}: 400 predictions, 400 of them in 2.5 s (loading included), 25% of the prompt tokens from the prefix "
        "cache, 1 unsure routes, 5 shortened, 3 too long, 2 late, 4 not finite, 3 chosen by the "
        "constraint alone, 8 without text (6 ended by stop and 2 ended by tool_calls)\n"
    )
    assert done.exit_code == 0, "15 of 400 are fewer than a tenth"
    strict = CliRunner().invoke(
        app,
        ["predict", "--model", "any", "--input", str(questions), "--output", str(output), "--max-unusable", "0.03"],
    )
    assert str(strict.exception) == (
        "15 of 400 answers are unusable (8 without text, 4 not finite, 3 chosen by the constraint alone), more than "
        "--max-unusable 0.03; check the model or the server, then answer again with --overwrite"
    )


@pytest.mark.parametrize("command", [["ask", "Which?"], ["serve"]])
def test_a_model_is_needed(command):
    assert_fails(shopbench(*command), "missing setting 'model': pass --model")


@pytest.mark.parametrize("question", ["", " \n"])
def test_an_empty_question_is_wrong_usage(question):
    done = shopbench("ask", question, "--model", "any")
    assert (done.returncode, done.stdout) == (2, "")
    assert "QUESTION: is empty" in done.stderr


@pytest.mark.parametrize(
    ("command", "flag", "value"),
    [
        ("predict", "--seconds-per-question", "-1"),
        ("predict", "--seconds-per-question", "nan"),
        ("predict", "--seconds-per-run", "0"),
        ("predict", "--seconds-per-run", "inf"),
        ("serve", "--request-bytes", "0"),
        ("serve", "--request-seconds", "nan"),
        ("serve", "--request-seconds", "inf"),
        ("serve", "--requests-per-second", "-2"),
        ("serve", "--requests-per-second", "1e308"),
    ],
)
def test_a_flag_out_of_bounds_is_wrong_usage(command, flag, value):
    done = CliRunner().invoke(app, [command, "--model", "any", flag, value])
    assert done.exit_code == 2
    assert flag in done.stderr


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--cot"], True),
        (["--cot", "--overwrite"], True),
        (["--cot", "numeric"], "numeric"),
        (["--no-cot"], False),
        (["--cot", "numeric", "--no-cot"], False),
        ([], False),
    ],
)
def test_a_thought_is_asked_for_everywhere_or_for_arithmetic(questions, tmp_path, monkeypatch, flags, expected):
    asked = []
    summary = RunSummary(**dict.fromkeys(RunSummary.__slots__, 0) | {"unfinished": {}, "no_text": {}})
    monkeypatch.setattr("shopbench_plugin.predict.run.predict_file", lambda settings: asked.append(settings) or summary)
    files = ["--input", str(questions), "--output", str(tmp_path / "answers.jsonl")]
    done = CliRunner().invoke(app, ["predict", "--model", "any", "--engine", "transformers", *flags, *files])
    assert done.exit_code == 0, done.output
    assert [settings.cot for settings in asked] == [expected]


def test_an_unknown_kind_of_thought_is_wrong_usage():
    done = CliRunner().invoke(app, ["predict", "--model", "any", "--cot", "sometimes"])
    assert done.exit_code == 2
    assert "'sometimes' is unknown; pass --cot or --cot numeric" in done.stderr


def test_a_port_that_is_taken_shows_before_the_model_is_loaded():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_fails(shopbench("serve", "--model", "missing", "--port", port), "can't listen there", "--port")


def kill_run(command, journal, wanted):
    """Start a run and kill it once it has `wanted` answers; return how many its journal holds."""
    with Path(os.devnull).open("wb") as nowhere:
        streams = (nowhere.fileno(), nowhere.fileno())
        process = start_warm(VLLM_MODULES, [PROGRAM, *command], PROJECT, os.environ, streams)
    while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") <= wanted):
        time.sleep(0.002)
    process.kill()
    process.wait()
    return journal.read_bytes().count(b"\n") - 1 if journal.exists() else len(QUESTIONS)


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
def test_a_run_in_vllm_that_is_killed_goes_on(model, questions, tmp_path):
    output, journal = tmp_path / "answers.jsonl", tmp_path / "answers.jsonl.part"
    development = write_rows(tmp_path / "development.jsonl", DEVELOPMENT)
    recipe = tmp_path / "predict.yaml"
    recipe.write_text("engine: vllm\nenforce_eager: true\ncpu_cache_gib: 1\nmax_model_len: 1024\n", encoding="utf-8")
    command = ["predict", "--config", recipe, "--model", model, "--input", questions, "--output", output]
    command += ["--preset", "fewshot", "--development-set", development]
    answered = len(QUESTIONS)
    while answered == len(QUESTIONS):  # on a busy machine the kill may come too late
        for path in (output, journal, tmp_path / "answers.jsonl.run.json"):
            path.unlink(missing_ok=True)
        answered = kill_run(command, journal, random.Random(3).randrange(20, 200))
    assert answered > 0
    assert not output.exists()
    done = run_warm(VLLM_MODULES, [PROGRAM, *command], PROJECT, os.environ)
    assert (done.returncode, done.stderr) == (0, f"loading {model} in vllm\n")
    assert f"{len(QUESTIONS)} predictions, {len(QUESTIONS) - answered} of them in" in done.stdout
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [row["input_field"] for row in rows] == [row["input_field"] for row in QUESTIONS]
    assert {row["prediction"] for row in rows} <= {"0", "1", "2"}


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
def test_a_served_model_answers_and_ends_in_peace(model, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    command = [PROGRAM, "serve", "--model", str(model), "--engine", "transformers", "--port", port, "--name", "shop"]
    reader, writer = os.pipe()
    errors = tmp_path / "errors"
    with errors.open("wb") as stream:
        process = start_warm(VLLM_MODULES, command, PROJECT, os.environ, (writer, stream.fileno()))
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as output:
        try:
            assert output.readline().startswith(f"serving {model} at http://127.0.0.1:{port}/v1")
            request = {"model": "shop", "messages": [{"role": "user", "content": QUESTIONS[0]["input_field"]}]}
            answer = ask_when_ready(f"http://127.0.0.1:{port}/v1/chat/completions", request)
            assert answer["choices"][0]["message"]["content"] in {"0", "1", "2"}
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
    assert (process.returncode, errors.read_text()) == (0, f"loading {model} in transformers\n")


def ask_when_ready(url, request):
    for _ in range(100):
        try:
            return httpx.post(url, json=request, timeout=60).json()
        except httpx.ConnectError:
            time.sleep(0.1)
    return pytest.fail("the server does not listen")


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
def test_the_starter_kits_batches_are_answered_in_time(model, tmp_path):
    script = (
        "from shopbench_plugin.submission import ShopBenchModel as UserModel\n"
        "import json, sys\n"
        "batches = json.load(sys.stdin)\n"
        "model = UserModel()\n"
        "assert 1 <= model.get_batch_size() <= 16\n"
        "print(json.dumps([model.batch_predict({'prompt': texts}, choice) for texts, choice in batches]))\n"
    )
    ranking = (
        "Rank these products for the query lamp.\n1. desk\n2. lamp\n3. rug\nAnswer with a permutation of 1 to 3.\n"
    )
    batches = [
        [[row["input_field"] + "x " * number for number, row in enumerate(QUESTIONS[:16])], True],
        [[ranking, "Write a title for a red kettle with a long cable.\n"], False],
        [[""], False],
    ]
    environment = {**os.environ, "SHOPBENCH_MODEL": str(model), "SHOPBENCH_ENGINE": "vllm"}
    environment |= {
        "SHOPBENCH_ENFORCE_EAGER": "true",
        "SHOPBENCH_CPU_CACHE_GIB": "1",
        "SHOPBENCH_MAX_MODEL_LEN": "1024",
    }
    file = tmp_path / "submission.py"
    file.write_text(script)
    done = run_warm(VLLM_MODULES, [file], PROJECT, environment, json.dumps(batches))
    assert done.returncode == 0, done.stderr
    choices, others, empty = json.loads(done.stdout)
    assert len(choices) == 16
    assert set(choices) <= {"0", "1", "2"}
    assert sorted(others[0].split(",")) == ["1", "2", "3"]
    assert others[1]
    assert len(empty) == 1

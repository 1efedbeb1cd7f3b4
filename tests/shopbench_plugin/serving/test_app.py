"""The endpoint speaks OpenAI's protocol over the whole pipeline."""

import json
import logging
import time

import pytest
from fastapi.testclient import TestClient

from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict import Prediction, Predictor, PredictorSettings
from shopbench_plugin.serving.app import Served, create_app
from shopbench_plugin.serving.batching import BatchingWorker
from shopbench_plugin.serving.limits import ServingLimits
from shopbench_plugin.serving.protocol import BadRequestError, read_request

CHOICE = "Which one is a drink?\n0. soap\n1. tea\n2. wool\nAnswer: "


@pytest.fixture
def client(engine):
    predictor = Predictor(PredictorSettings(engine=TransformersSettings(model="none")), engine)
    worker = BatchingWorker(predictor.answer_dialogues)
    app = create_app(worker, Served("shop", has_page=False), ServingLimits(request_bytes=2000))
    yield TestClient(app)
    worker.close()


def ask(client, messages, **more):
    return client.post("/v1/chat/completions", json={"model": "shop", "messages": messages, **more})


def user(text):
    return {"role": "user", "content": text}


def test_a_question_gets_the_repaired_answer(client):
    answer = ask(client, [user(CHOICE)], is_multiple_choice=True).json()
    assert answer["object"] == "chat.completion"
    assert answer["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "1"}, "finish_reason": "stop"}
    ]
    assert answer["usage"] == {
        "prompt_tokens": 20,
        "completion_tokens": 1,
        "total_tokens": 21,
        "prompt_tokens_details": {"cached_tokens": 12},
    }
    assert answer["shopbench"] == {
        "task_type": "multiple-choice",
        "is_sure": True,
        "raw": "1",
        "finish_reason": "stop",
    }


def test_a_turn_may_come_in_pieces(client, engine):
    ask(client, [user([{"type": "text", "text": CHOICE[:20]}, {"type": "text", "text": CHOICE[20:]}])])
    assert engine.asked[-1].messages[0].content.endswith(CHOICE)


def test_an_engine_that_is_held_to_no_form_is_streamed_in_one_piece(client):
    response = ask(client, [user(CHOICE)], stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    *chunks, end = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert end == "[DONE]"
    choices = [json.loads(chunk)["choices"][0] for chunk in chunks]
    assert [choice["delta"].get("content") for choice in choices] == ["", "1", None]
    assert [choice["finish_reason"] for choice in choices] == [None, None, "stop"]


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}])
def test_a_stream_is_without_usage_where_it_is_not_wanted(client, options):
    assert "usage" not in ask(client, [user(CHOICE)], stream=True, stream_options=options).text


@pytest.mark.parametrize(
    ("request_line", "status", "kind", "message"),
    [
        ("GET /v1/chat/completions", 405, "invalid_request_error", "Method Not Allowed"),
        ("POST /v1/completions", 404, "not_found_error", "Not Found"),
        ("GET /", 404, "not_found_error", "Not Found"),
    ],
)
def test_what_fits_no_route_gets_the_error_object(client, request_line, status, kind, message):
    response = client.request(*request_line.split())
    message += "; the routes are POST /v1/chat/completions, GET /v1/models and GET /health"
    assert response.status_code == status
    assert response.json() == {"error": {"message": message, "type": kind, "param": None, "code": None}}


def test_the_model_is_listed(client):
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["shop"]
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "the body is not valid JSON: unexpected end of data: line 1 column 2"),
        (b"[]", 400, "the body is not a JSON object"),
        (b"{}", 400, "messages: Field required"),
        (b'{"messages": []}', 400, "messages: List should have at least 1 item"),
        (b'{"messages": [{"role": "system", "content": "x"}]}', 400, "user and assistant turns must alternate"),
        (b'{"messages": [{"role": "user", "content": "x"}], "n": 2}', 400, "n: 2 is not supported"),
        (
            b'{"messages": [{"role": "user", "content": "x"}], "model": "gpt"}',
            404,
            "'gpt' is not served here; it is 'shop'",
        ),
        (b'{"messages": [{"role": "user", "content": "' + b"x" * 2000 + b'"}]}', 413, "longer than 2000 bytes"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(client, body, status, message):
    response = client.post("/v1/chat/completions", content=body)
    assert response.status_code == status
    assert message in response.json()["error"]["message"]


def test_an_empty_question_is_answered(client):
    assert ask(client, [user("")]).json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("question", "status", "kind"),
    [("explode, secret customer", 500, "RuntimeError"), ("refuse, secret customer", 503, "ShopBenchError")],
)
def test_a_failure_of_the_engine_shows_neither_to_clients_nor_in_the_log(client, caplog, question, status, kind):
    with caplog.at_level(logging.DEBUG):
        response = ask(client, [user(question)])
    assert response.status_code == status
    assert "secret" not in response.text
    assert "secret" not in caplog.text
    assert f"answering failed with {kind}" in caplog.text


def test_an_engine_that_hangs_ends_with_a_time_out():
    def hang(dialogues, deadline, watch):
        time.sleep(0.5)
        yield from ()

    worker = BatchingWorker(hang)
    app = create_app(worker, Served("shop"), ServingLimits(seconds=0.1, grace_seconds=0.1))
    response = ask(TestClient(app), [user(CHOICE)])
    assert response.status_code == 504
    worker.close()


@pytest.mark.parametrize(
    ("reason", "raw", "refusal", "status"),
    [
        ("deadline", "", "", 504),
        ("not-finite", "!!!!", "", 502),
        ("undecided", "0", "", 502),
        ("content_filter", "", "the answer has no text", 502),
        ("deadline", "half an answ", "", 200),
    ],
)
def test_a_fallback_is_not_passed_off_as_an_answer(reason, raw, refusal, status):
    def answer(dialogues, deadline, watch):
        yield 0, Prediction(Question("x"), "fallback", raw, "generation", finish_reason=reason, refusal=refusal)

    worker = BatchingWorker(answer)
    assert ask(TestClient(create_app(worker, Served("shop"), ServingLimits())), [user("x")]).status_code == status
    worker.close()


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m" * 90_000, "messages": [user("x")]},
        {"k" * 90_000: 1, "messages": [user("x")]},
        {"temperature": "t" * 90_000, "messages": [user("x")]},
        {"messages": [user("x") | {"k" * 90_000: 1}]},
    ],
)
def test_an_error_echoes_little_of_a_request(engine, body):
    worker = BatchingWorker(None)
    response = TestClient(create_app(worker, Served("shop"), ServingLimits())).post("/v1/chat/completions", json=body)
    assert response.status_code in {400, 404}
    assert len(response.content) < 1500
    worker.close()


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{}] * 2000},
        {"messages": [user("x"), {"role": "assistant", "content": [{"type": "text", "text": "y"}] * 700}]},
        {"messages": [user("x") | dict.fromkeys(map(str, range(2000)))]},
        {"messages": [user("x")], "tools": [[]] * 2000},
        dict.fromkeys(map(str, range(2001))),
    ],
)
def test_more_values_than_a_dialogue_has_are_refused_before_they_are_validated(body):
    with pytest.raises(BadRequestError, match=r"^the request has more than 2000 values; leave out earlier turns$"):
        read_request(json.dumps(body).encode())


def test_a_long_dialogue_is_read():
    turns = [user("x"), {"role": "assistant", "content": "y"}] * 330
    assert len(read_request(json.dumps({"messages": [*turns, user("z")]}).encode()).messages) == 661


@pytest.mark.parametrize("path", ["/v1/completions", "/nowhere"])
def test_a_body_to_an_unknown_path_is_bounded_too(client, path):
    assert client.post(path, content=b"x" * 2000).status_code == 404
    assert client.post(path, content=b"x" * 2001).status_code == 413


def test_more_than_the_context_can_hold_is_refused_unread(engine):
    worker = BatchingWorker(None)
    client = TestClient(create_app(worker, Served("shop", context_length=20), ServingLimits()))
    response = ask(client, [user("x" * 100), {"role": "assistant", "content": "y"}, user("z" * 60)])
    assert response.status_code == 400
    assert response.json()["error"]["message"] == (
        "messages: 161 characters are too many for the model's context of 20 tokens; at most 160 are read"
    )
    worker.close()

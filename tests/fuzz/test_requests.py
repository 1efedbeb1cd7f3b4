"""Any body of a request gets an answer or an error object, and never a failure of the server."""

import json

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopbench_plugin.predict import Prediction
from shopbench_plugin.serving.app import Served, create_app
from shopbench_plugin.serving.batching import BatchingWorker
from shopbench_plugin.serving.limits import ServingLimits

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
parts = st.one_of(values, st.fixed_dictionaries({"type": st.just("text"), "text": st.one_of(st.text(), values)}))
turns = st.fixed_dictionaries(
    {"role": st.one_of(st.sampled_from(["user", "system", "assistant"]), values)},
    optional={"content": st.one_of(st.text(), st.lists(parts, max_size=3), values)},
)
requests = st.fixed_dictionaries(
    {"messages": st.one_of(st.lists(turns, max_size=3), values)},
    optional={
        name: st.one_of(st.sampled_from(["shop", True, 1]), values)
        for name in ("model", "n", "stream", "user", "stop", "max_tokens", "explain", "temperature")
    },
)
bodies = st.one_of(st.binary(), requests.map(json.dumps).map(str.encode), values.map(json.dumps).map(str.encode))


@pytest.fixture(scope="module")
def client():
    def answer(dialogues, deadline, watch):
        for index, question in enumerate(dialogue.question for dialogue in dialogues):
            yield index, Prediction(question, question.input_field, "raw", "generation", finish_reason="stop")

    worker = BatchingWorker(answer)
    limits = ServingLimits(request_bytes=100_000, requests_per_second=1e6, burst=1_000_000)
    yield TestClient(create_app(worker, Served("shop"), limits), raise_server_exceptions=True)
    worker.close()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=bodies)
def test_any_body_is_answered_or_refused(client, body):
    response = client.post("/v1/chat/completions", content=body)
    assert response.status_code in {200, 400, 404}
    if response.status_code != 200:
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 50_000,
        b'{"messages": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
        b'{"messages": [{"role": "user", "content": "\xff"}]}',
        b'{"messages": [{"role": "user", "content": "x"}], "n": 1' + b"0" * 5_000 + b"}",
    ],
)
def test_a_body_that_no_client_writes_is_refused(client, body):
    assert client.post("/v1/chat/completions", content=body).status_code == 400

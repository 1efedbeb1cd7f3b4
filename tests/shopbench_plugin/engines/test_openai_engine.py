"""The engine for OpenAI-compatible servers, against real HTTP servers on loopback that misbehave as told."""

import asyncio
import gc
from collections import Counter

import pytest

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines import openai_engine
from shopbench_plugin.engines.interface import Completion, Prompt, RefusedError
from shopbench_plugin.engines.openai_engine import OpenAIEngine, OpenAISettings, estimate_tokens

pytestmark = pytest.mark.xdist_group("openai")  # one worker imports OpenAI's client, which takes a second


@pytest.fixture
def connect():
    engines = []

    def make(*servers, **settings):
        urls = tuple(server.url for server in servers)
        settings = {"model": "shop", "timeout": 60.0, "retries": 3, **settings}
        engines.append(OpenAIEngine(OpenAISettings(base_urls=urls, **settings)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def prompts(number, **constraint):
    return [Prompt((Message("user", f"question {index}"),), Constraint(**constraint)) for index in range(number)]


def texts(engine, asked, deadline=None):
    found = dict(engine.complete(asked, deadline))
    return [found[index].text for index in range(len(asked))]


def test_every_prompt_gets_its_own_answer(serve, connect):
    engine = connect(serve())
    assert texts(engine, prompts(40)) == [f"question {index}" for index in range(40)]


def test_the_server_tells_tokens_and_context(serve, connect):
    engine = connect(serve(max_model_len=2048))
    (answer,) = [completion for _, completion in engine.complete(prompts(1))]
    assert (answer.prompt_tokens, answer.cached_tokens, answer.generated_tokens) == (9, 4, 2)
    assert engine.context_length == 2048
    assert engine.count_tokens([Message("user", "hello")]) == 77


def test_no_more_requests_at_once_than_the_limit(serve, connect):
    server = serve(script=[0.2] * 3)  # the first three are still open when a fourth could come
    texts(connect(server, connections=3), prompts(30))
    assert server.most_open_requests == 3


def test_vllm_is_given_the_constraint_and_greedy_decoding(serve, connect):
    server = serve()
    texts(connect(server), prompts(1, regex="[0-3]", max_tokens=1))
    (body,) = server.bodies
    assert body["structured_outputs"] == {"regex": "([0-3])"}
    assert (body["temperature"], body["max_tokens"], body["model"]) == (0.0, 1, "shop")


def test_another_server_is_sent_nothing_it_does_not_know(serve, connect):
    server = serve(owned_by="somebody", max_model_len=None)
    engine = connect(server)
    texts(engine, prompts(1, regex="[0-3]", max_tokens=1))
    assert "structured_outputs" not in server.bodies[0]
    assert engine.context_length == 4096
    assert engine.count_tokens([Message("user", "hello")]) == estimate_tokens([Message("user", "hello")])


@pytest.mark.parametrize("failure", [429, 500, 503, "half", "empty", "gzip"])
def test_a_failure_that_passes_is_tried_again(serve, connect, failure):
    server = serve(script=[failure])
    assert texts(connect(server), prompts(2)) == ["question 0", "question 1"]
    assert len(server.bodies) == 3


def test_an_answer_that_takes_too_long_is_asked_for_again(serve, connect):
    server = serve(script=[60.0])
    assert texts(connect(server, timeout=2.0), prompts(1)) == ["question 0"]
    assert len(server.bodies) >= 2, "a busy machine may take too long once more"


def test_a_failure_that_stays_ends_with_one_line(serve, connect):
    engine = connect(serve(script=[500] * 9), retries=1)
    with pytest.raises(ShopBenchError, match=r"^http://.*no answer in 2 tries \(the last: HTTP 500\).*continue$"):
        texts(engine, prompts(1))


def test_a_refused_request_is_not_repeated(serve, connect):
    server = serve(script=[400])
    with pytest.raises(ShopBenchError, match=r"refuses the request \(HTTP 400: told to fail\)"):
        texts(connect(server), prompts(1))
    assert len(server.bodies) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refusal_of_one_prompt_costs_no_other_its_answer(serve, connect, status):
    server = serve(script=[status])
    found = dict(connect(server, connections=1).complete(prompts(4)))
    reason = f"{server.url}/chat/completions: refuses the request (HTTP {status}: told to fail)"
    assert found[0] == Completion("", "refused", refusal=reason)
    assert [found[index].text for index in range(1, 4)] == ["question 1", "question 2", "question 3"]
    assert len(server.bodies) == 4


def test_an_error_about_the_request_with_status_200_is_a_refusal(serve, connect):
    server = serve(script=["error"])
    with pytest.raises(RefusedError, match=r"refuses the request \(HTTP 400: told to fail\)"):
        texts(connect(server), prompts(1))
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"[]", b"5", b"", b'{"error": {"message": ["a"]}}', b'{"error": 5}']
)
def test_a_refusal_is_one_line_whatever_it_holds(serve, connect, content):
    with pytest.raises(RefusedError, match=r"^http://.*: refuses the request \(HTTP 400: .*\)$"):
        texts(connect(serve(script=[content])), prompts(1))


def test_after_a_first_answer_a_refusal_is_the_prompts_own(serve, connect):
    server = serve()
    engine = connect(server)
    texts(engine, prompts(1))
    server.script = [400]
    assert [answer.finish_reason for _, answer in engine.complete(prompts(1))] == ["refused"]


def test_refusals_from_the_first_on_end_the_run_before_all_are_asked(serve, connect):
    server = serve(script=[400] * 99)
    engine = connect(server, connections=1)
    found = []
    with pytest.raises(RefusedError, match=r"refuses the request \(HTTP 400: told to fail\)"):
        found.extend(engine.complete(prompts(40)))
    assert found == []
    assert len(server.bodies) in {16, 17}, "the next may be under way"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_of_whoever_asks_ends_the_run_though_there_are_answers(serve, connect, status):
    engine = connect(serve(script=[200, status]), connections=1)
    with pytest.raises(ShopBenchError, match=rf"refuses the request \(HTTP {status}"):
        texts(engine, prompts(4))


def test_servers_share_the_work(serve, connect):
    servers = [serve(), serve()]
    texts(connect(*servers, connections=4), prompts(40))
    assert all(len(server.bodies) > 5 for server in servers)


def test_a_server_that_dies_leaves_its_work_to_the_other(serve, connect):
    dying, living = serve(), serve()
    engine = connect(dying, living, connections=2)
    dying.stop()
    assert texts(engine, prompts(12)) == [f"question {index}" for index in range(12)]
    assert Counter(body["messages"][0]["content"] for body in living.bodies).most_common(1)[0][1] == 1


class Clock:
    """Stands still until it is set."""

    now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """The clock that the engine compares deadlines with."""
    clock = Clock()
    monkeypatch.setattr(openai_engine, "time", clock)
    return clock


def test_what_is_late_comes_back_empty(serve, connect, clock):
    engine = connect(serve(script=[0.0, 60.0, 60.0, 60.0]), connections=2)
    answers = engine.complete(prompts(6), clock.now + 60.0)
    _, first = next(answers)
    clock.now += 60.0
    assert [first.finish_reason, *(answer.finish_reason for _, answer in answers)] == ["stop", *["deadline"] * 5]


def test_answers_come_while_others_are_still_open(serve, connect):
    server = serve(script=[60.0])
    answers = connect(server, connections=2).complete(prompts(5))
    come = [next(answers)[1].text for _ in range(4)]
    assert sorted([*come, server.bodies[0]["messages"][0]["content"]]) == [f"question {index}" for index in range(5)]


def hold_answers(engine, monkeypatch, held=(), refused=()):
    """Let all answers come in the same moment, which no HTTP server does, but for those `held` until the event is set.

    Returns:
        The event.
    """
    event = asyncio.Event()

    async def complete(body):
        text = body["messages"][0]["content"]
        number = int(text.removeprefix("question "))
        if number in refused:
            raise ShopBenchError("refused")
        if number in held:
            await event.wait()
        return Completion(text, "stop")

    monkeypatch.setattr(engine._pool, "complete", complete)
    return event


def test_a_failure_costs_none_of_the_answers_that_came_with_it(serve, connect, monkeypatch):
    engine = connect(serve(), connections=20)
    hold_answers(engine, monkeypatch, refused=range(0, 20, 2))
    found = []
    with pytest.raises(ShopBenchError, match="refused"):
        found.extend(engine.complete(prompts(20)))
    assert sorted(index for index, _ in found) == list(range(1, 20, 2))


def test_an_answer_that_came_while_others_were_taken_counts_after_the_deadline(serve, connect, monkeypatch, clock):
    engine = connect(serve(), connections=2)
    event = hold_answers(engine, monkeypatch, held=[1])
    answers = engine.complete(prompts(4), clock.now + 60.0)
    assert next(answers)[0] == 0
    event.set()
    clock.now += 60.0
    rest = {index: (answer.text, answer.finish_reason) for index, answer in answers}
    assert rest == {1: ("question 1", "stop"), 2: ("", "deadline"), 3: ("", "deadline")}


def test_an_engine_may_be_closed_while_it_answers(serve, caplog):
    settings = OpenAISettings(model="shop", base_urls=(serve(script=[200, 60.0]).url,), connections=2)
    engine = OpenAIEngine(settings)
    answers = engine.complete(prompts(2))
    next(answers)
    engine.close()
    answers.close()
    assert caplog.messages == []


def test_a_server_that_is_not_there_is_named():
    settings = OpenAISettings(model="shop", base_urls=("http://127.0.0.1:9/v1",))
    with pytest.raises(ShopBenchError, match=r"^http://127\.0\.0\.1:9/v1: no OpenAI-compatible server answers there"):
        OpenAIEngine(settings)


@pytest.mark.parametrize("url", ["http://[::1/v1", "shop:8000/v1", "http://127.0.0.1:99999/v1", "/v1", ""])
def test_an_address_that_is_none_is_named(url):
    with pytest.raises(ShopBenchError, match=r"no OpenAI-compatible server answers there \(.+\)"):
        OpenAIEngine(OpenAISettings(model="shop", base_urls=(url,)))


def test_a_list_of_models_that_cannot_be_unpacked_is_one_line_and_no_more(serve, connect, caplog):
    with pytest.raises(ShopBenchError, match="no OpenAI-compatible server answers there"):
        connect(serve(lists_rubbish=True))
    gc.collect()
    assert caplog.messages == []


def test_a_model_that_is_not_served_is_named(serve, connect):
    with pytest.raises(ShopBenchError, match="unknown model 'shopp', did you mean 'shop'"):
        connect(serve(), model="shopp")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 16), ("wood", 17), ("12345", 21), ("価格は", 19), ("abc abc abc.", 20)],
)
def test_the_estimate_counts_digits_and_other_scripts_one_by_one(text, tokens):
    assert estimate_tokens([Message("user", text)]) == tokens

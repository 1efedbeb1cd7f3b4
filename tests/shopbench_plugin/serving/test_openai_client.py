"""OpenAI's own client against the endpoint: every parameter is honoured, or refused by its name."""

import json

import pytest

from tests.shopbench_plugin.serving.conftest import TITLE

pytestmark = pytest.mark.xdist_group("openai")  # one worker imports OpenAI's client, which takes a second

CHOICE = "Which one is a drink?\n0. soap\n1. tea\n2. wool\nAnswer: "
RANKING = (
    "Rank the following products from most to least relevant to the query 'lamp'.\n1. LED lamp\n2. shelf\n3. cable\n"
    "Output the numbers separated by commas.\nOutput: "
)
WRITE = "Write a product title for a stove."


@pytest.fixture(scope="module")
def client(address):
    import openai

    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        yield client


def ask(client, question=CHOICE, *, before=(), **more):
    messages = [*before, {"role": "user", "content": question}]
    return client.chat.completions.create(model="shop", messages=messages, **more)


def test_the_model_is_listed(client):
    assert [model.id for model in client.models.list()] == ["shop"]


def test_history_and_system_message_are_part_of_the_prompt(client, engine):
    before = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind."}]},
        {"role": "user", "content": "Which is hot?\n0. ice\n1. tea"},
        {"role": "assistant", "content": "1"},
    ]
    assert ask(client, before=before).choices[0].message.content == "1"
    first, *rest = engine.asked[-1].messages
    assert (first.role, first.content) == ("system", "Be brief.\n\nBe kind.")
    assert [(turn.role, turn.content) for turn in rest[:2]] == [
        ("user", "Which is hot?\n0. ice\n1. tea"),
        ("assistant", "1"),
    ]
    assert rest[2].content.endswith(CHOICE)
    assert len(rest) == 3


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_length_is_kept_and_told(client, name):
    choice = ask(client, WRITE, **{name: 3}).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Folding steel camping", "length")


@pytest.mark.parametrize("question", [CHOICE, RANKING, WRITE])
def test_a_complete_answer_is_stopped(client, question):
    assert ask(client, question).choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("stop", "content"), [(" gas", "Folding steel camping stove for"), (["3000", " steel"], "Folding")]
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_ends_before_a_stop_text(client, stop, content, stream):
    answer = ask(client, WRITE, stop=stop, stream=stream)
    if stream:
        chunks = list(answer)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == content
        assert chunks[-1].choices[0].finish_reason == "stop"
    else:
        assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (content, "stop")


def test_a_list_is_streamed_token_by_token(client):
    chunks = list(ask(client, RANKING, stream=True))
    pieces = [chunk.choices[0].delta.content for chunk in chunks]
    assert pieces == ["", "3", ",", "1", ",", "2", None]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * 6 + ["stop"]
    assert chunks[-1].shopbench["prediction"] == "3,1,2"
    assert len({chunk.id for chunk in chunks}) == 1


def test_free_text_is_streamed_word_by_word_after_the_length_of_an_introduction(client):
    pieces = [chunk.choices[0].delta.content for chunk in ask(client, WRITE, stream=True)]
    assert "".join(piece or "" for piece in pieces) == TITLE
    assert len([piece for piece in pieces if piece]) > 3


def test_a_stream_ends_with_the_usage_where_it_is_wanted(client):
    *chunks, last = ask(client, stream=True, stream_options={"include_usage": True})
    assert [chunk.usage for chunk in chunks] == [None] * len(chunks)
    assert last.choices == []
    assert last.usage == ask(client).usage


def test_an_explanation_has_the_route_the_prompt_and_what_may_be_answered(client):
    explained = ask(client, extra_body={"explain": True, "is_multiple_choice": True}).shopbench["explained"]
    assert explained["route"]["task_type"] == "multiple-choice"
    assert explained["messages"][-1]["content"].endswith(CHOICE)
    assert explained["allowed"]["choices"] == ["0", "1", "2"]
    first, *rest = ask(client, RANKING, stream=True, extra_body={"explain": True})
    assert first.shopbench["explained"]["route"]["task_type"] == "ranking"
    raw = [chunk.shopbench["raw"] for chunk in rest if "raw" in (chunk.model_extra.get("shopbench") or {})]
    assert raw == ["3", "3,", "3,1", "3,1,", "3,1,2", "3,1,2"]


@pytest.mark.parametrize(
    "more",
    [
        {"n": 1},
        {"temperature": 0},
        {"temperature": 0.0, "top_p": 1},
        {"seed": 7, "user": "someone", "metadata": {"a": "b"}},
        {"logprobs": False, "tools": [], "tool_choice": "none"},
        {"response_format": {"type": "text"}, "presence_penalty": 0, "frequency_penalty": 0.0, "logit_bias": {}},
        {"store": False, "service_tier": "auto", "modalities": ["text"], "stop": None, "max_tokens": None},
    ],
)
def test_parameters_that_ask_for_what_is_done_anyway_are_accepted(client, more):
    assert ask(client, **more).choices[0].message.content == "1"


@pytest.mark.parametrize(
    "more",
    [
        {"temperature": 0.7},
        {"temperature": False},
        {"top_p": 0.9},
        {"n": 2},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
        {"tool_choice": "auto"},
        {"functions": [{"name": "f"}]},
        {"function_call": "auto"},
        {"response_format": {"type": "json_object"}},
        {"logprobs": True},
        {"top_logprobs": 2},
        {"logit_bias": {"5": 1}},
        {"presence_penalty": 0.5},
        {"frequency_penalty": 0.5},
        {"modalities": ["audio"]},
        {"audio": {"format": "wav", "voice": "alloy"}},
        {"prediction": {"type": "content", "content": "x"}},
        {"parallel_tool_calls": True},
        {"reasoning_effort": "low"},
        {"verbosity": "low"},
        {"service_tier": "flex"},
        {"store": True},
        {"web_search_options": {}},
        {"max_tokens": 0},
        {"stop": ["a", "b", "c", "d", "e"]},
        {"stop": ""},
        {"extra_body": {"top_k": 5}},
    ],
    ids=lambda more: json.dumps(more)[:30],
)
def test_what_is_not_done_is_refused_by_its_name(client, more):
    import openai

    name = next(iter(more.get("extra_body", more)))
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, **more)
    assert refused.value.param == name
    assert refused.value.body["message"].startswith(f"{name}: ")


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}, {"role": "user", "content": "c"}],
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
        [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}],
        [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
        [{"role": "system", "content": "a"}],
        [{"role": "user", "content": "a"}, {"role": "tool", "tool_call_id": "x", "content": "b"}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://127.0.0.1/x.png"}}]}],
        [{"role": "user", "content": "a", "name": "Ann"}],
        [{"role": "user", "content": None}],
        [
            {"role": "user", "content": "word " * 5000},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "c"},
        ],
        [{"role": "system", "content": "no system turns"}, {"role": "user", "content": "b"}],
    ],
)
def test_turns_that_have_no_place_are_refused(client, messages):
    import openai

    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="shop", messages=messages)
    assert refused.value.param.startswith("messages")


def test_another_model_is_not_found(client):
    import openai

    with pytest.raises(openai.NotFoundError, match="'gpt' is not served here; it is 'shop'"):
        client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": "a"}])


@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_is_an_error_for_streams_too(client, stream):
    import openai

    with pytest.raises(openai.APIError):
        list(ask(client, "explode", stream=stream))

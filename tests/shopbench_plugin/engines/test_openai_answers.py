"""What odd servers answer: what makes sense of it is taken, and the rest is worth another try or counts as not told."""

import json

import httpx
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.interface import Completion
from shopbench_plugin.engines.openai_answers import (
    ServedModel,
    UnusableAnswerError,
    read_completion,
    read_model,
    read_token_count,
)

DEEP = b"[" * 100_000


def answer(content, **more):
    return {"choices": [{"message": {"content": content}, **more}]}


def read(content):
    return read_completion(httpx.Response(200, content=json.dumps(content)), "url")


def used(**counts):
    return answer("4") | {"usage": counts}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (answer(None), Completion("", "stop", refusal="url: an answer without text")),
        (
            answer(None, finish_reason="content_filter"),
            Completion("", "content_filter", refusal="url: an answer without text (finish_reason: content_filter)"),
        ),
        (answer("4\ud800"), Completion("4\N{REPLACEMENT CHARACTER}", "stop")),
        (answer("4", finish_reason="content_filter"), Completion("4", "content_filter")),
        (answer("4", finish_reason="\udfff"), Completion("4", "\N{REPLACEMENT CHARACTER}")),
        (answer("4", finish_reason=["stop"]), Completion("4", "stop")),
        (answer("4") | {"usage": "much"}, Completion("4", "stop")),
        (used(prompt_tokens=9, completion_tokens=2), Completion("4", "stop", 9, 0, 2)),
        (used(prompt_tokens=9, prompt_tokens_details={"cached_tokens": 4}), Completion("4", "stop", 9, 4, 0)),
        (used(prompt_tokens=9, prompt_tokens_details=[4]), Completion("4", "stop", 9, 0, 0)),
        (used(prompt_tokens="9", completion_tokens=-1), Completion("4", "stop")),
        (used(prompt_tokens=10**30, completion_tokens=True), Completion("4", "stop")),
        (used(prompt_tokens=9.0, completion_tokens=None), Completion("4", "stop")),
    ],
)
def test_text_and_counts_are_taken_where_they_are_such(content, expected):
    assert read(content) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({}, "an answer without a message"),
        ({"choices": []}, "an answer without a message"),
        ({"choices": {"message": "4"}}, "an answer without a message"),
        ({"choices": ["4"]}, "an answer without a message"),
        ({"choices": [{"message": "4"}]}, "an answer without a message"),
        ({"choices": [{"message": {}}]}, "an answer without a message"),
        (answer([{"type": "text", "text": "4"}]), "an answer whose content is not text"),
        (answer(4), "an answer whose content is not text"),
        (answer({}), "an answer whose content is not text"),
    ],
)
def test_an_answer_without_text_is_worth_another_try(content, reason):
    with pytest.raises(UnusableAnswerError, match=rf"^{reason}$") as caught:
        read(content)
    assert caught.value.status == 502


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"reasoning_content": "I think"}, ", all of it in reasoning_content; turn the server's reasoning parser off"),
        ({"reasoning": "I think"}, ", all of it in reasoning; turn the server's reasoning parser off"),
        ({"refusal": "I won't\nsay"}, " (refusal: I won't say)"),
        ({"tool_calls": [{"id": 1}]}, " (tool_calls: [{'id': 1}])"),
    ],
)
def test_an_answer_without_text_says_what_there_is_in_its_place(message, reason):
    content = {"choices": [{"message": {"content": None, **message}, "finish_reason": "stop"}]}
    assert read(content) == Completion("", "stop", refusal=f"url: an answer without text{reason}")


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        ({"message": "out of\nmemory", "code": 500}, 502, "an error instead of an answer: out of memory"),
        ("overloaded", 502, "an error instead of an answer: overloaded"),
        ({"message": "too long", "code": 400}, 400, "too long"),
    ],
)
def test_an_error_with_status_200_has_the_status_that_its_kind_should_have(error, status, reason):
    with pytest.raises(UnusableAnswerError) as caught:
        read({"error": error})
    assert (str(caught.value), caught.value.status) == (reason, status)


@pytest.mark.parametrize("content", [DEEP, b"[]", b"5", b"\xff", b""])
def test_what_is_no_object_is_worth_another_try(content):
    with pytest.raises(UnusableAnswerError, match=r"an answer that is not (a )?JSON"):
        read_completion(httpx.Response(200, content=content), "url")


@pytest.mark.parametrize(
    ("length", "expected"), [(4096, 4096), ("4096", None), (0, None), (-1, None), (4096.0, None), ([4096], None)]
)
def test_a_context_length_that_makes_no_sense_counts_as_not_told(length, expected):
    content = {"data": [{"id": "shop", "max_model_len": length}]}
    assert read_model(content, "shop", "url").context_length == expected


def test_a_list_of_models_that_is_sent_as_text_is_read():
    text = json.dumps({"data": [{"id": "shop", "max_model_len": 4096, "owned_by": "vllm"}]})
    assert read_model(text, "shop", "url") == ServedModel(4096, is_vllm=True)


@pytest.mark.parametrize("text", ["", "<html>shop</html>", "[" * 100_000])
def test_a_list_of_models_that_is_not_json_names_the_address(text):
    with pytest.raises(ShopBenchError) as caught:
        read_model(text, "shop", "http://shop/v1")
    assert str(caught.value) == (
        "http://shop/v1/models: the answer is not JSON; fix base_urls, OpenAI-compatible addresses end in /v1"
    )


@pytest.mark.parametrize("models", [None, 5, "shop", {"shop": {}}, ["shop"], [None]])
def test_a_list_of_models_that_is_none_names_the_server(models):
    with pytest.raises(ShopBenchError, match=r"^url: unknown model 'shop'"):
        read_model({"data": models}, "shop", "url")


@pytest.mark.parametrize(
    ("content", "expected"), [({"count": 77}, 77), ({"count": "77"}, None), ({"count": 0}, None), ([77], None)]
)
def test_a_token_count_that_makes_no_sense_counts_as_not_told(content, expected):
    assert read_token_count(content) == expected

"""What odd servers answer: what makes sense of it is taken, and the rest is worth another try or counts as not told."""

import httpx
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.interface import Completion, RefusedError
from shopbench_plugin.engines.openai_answers import (
    TemporaryError,
    read_completion,
    read_json,
    read_model,
    read_token_count,
)

DEEP = b"[" * 100_000


def answer(content, **more):
    return {"choices": [{"message": {"content": content}, **more}]}


def used(**counts):
    return answer("4") | {"usage": counts}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (answer(None), Completion("", "stop", refusal="url: an answer without text")),
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
    assert read_completion(content, "url") == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({}, "an answer without a message"),
        ({"choices": []}, "an answer without a message"),
        ({"choices": {"message": "4"}}, "an answer without a message"),
        ({"choices": ["4"]}, "an answer without a message"),
        ({"choices": [{"message": "4"}]}, "an answer without a message"),
        ({"choices": [{"message": {}}]}, "an answer without a message"),
        (answer([{"type": "text", "text": "4"}]), "an answer whose content is no text"),
        (answer(4), "an answer whose content is no text"),
        (answer({}), "an answer whose content is no text"),
    ],
)
def test_an_answer_without_text_is_worth_another_try(content, reason):
    with pytest.raises(TemporaryError, match=rf"^{reason}$"):
        read_completion(content, "url")


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
    assert read_completion(content, "url") == Completion("", "stop", refusal=f"url: an answer without text{reason}")


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        ({"message": "out of\nmemory", "code": 500}, TemporaryError, "an error in place of an answer: out of memory"),
        ("overloaded", TemporaryError, "an error in place of an answer: overloaded"),
        ({"message": "too long", "code": 400}, RefusedError, r"url: refuses the request \(too long\)"),
    ],
)
def test_the_reason_of_an_error_with_status_200_is_kept(error, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        read_completion({"error": error}, "url")


@pytest.mark.parametrize("content", [DEEP, b"[]", b"5", b"\xff", b""])
def test_what_is_no_object_is_worth_another_try(content):
    with pytest.raises(TemporaryError, match="an answer that is no JSON"):
        read_json(httpx.Response(200, content=content), "url")


@pytest.mark.parametrize("content", [DEEP, b"[]", b"5", b"", b'{"error": {"message": ["long"]}}', b'{"error": 5}'])
@pytest.mark.parametrize(("status", "kind"), [(400, RefusedError), (413, RefusedError), (401, ShopBenchError)])
def test_a_refusal_is_one_line_whatever_it_holds(content, status, kind):
    with pytest.raises(ShopBenchError, match=rf"^url: refuses the request \(HTTP {status}: .*\)") as caught:
        read_json(httpx.Response(status, content=content), "url")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("length", "expected"), [(4096, 4096), ("4096", None), (0, None), (-1, None), (4096.0, None), ([4096], None)]
)
def test_a_context_length_that_makes_no_sense_counts_as_not_told(length, expected):
    content = {"data": [{"id": "shop", "max_model_len": length}]}
    assert read_model(content, "shop", "url").context_length == expected


@pytest.mark.parametrize("models", [None, 5, "shop", {"shop": {}}, ["shop"], [None]])
def test_a_list_of_models_that_is_none_names_the_server(models):
    with pytest.raises(ShopBenchError, match=r"^url: unknown model 'shop'"):
        read_model({"data": models}, "shop", "url")


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b'{"count": 77}', 77), (b'{"count": "77"}', None), (b'{"count": 0}', None), (b"[77]", None), (DEEP, None)],
)
def test_a_token_count_that_makes_no_sense_counts_as_not_told(content, expected):
    assert read_token_count(httpx.Response(200, content=content)) == expected

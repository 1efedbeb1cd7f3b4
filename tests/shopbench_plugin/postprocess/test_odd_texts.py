"""Questions with odd characters in them, as fuzzing and shops bring them."""

import pytest

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.postprocess import repair
from shopbench_plugin.routing import route


def name_entities(query: str, raw: str) -> str:
    return repair(raw, route(f"Extract the entities from the query.\nQuery: {query}\nOutput: "))


def quote(review: str, raw: str) -> str:
    return repair(raw, route(f"Extract one keyphrase from the review.\nReview: {review}"))


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2009"])
def test_a_blank_that_does_not_break_still_parts_words(blank):
    translation = route("Translate the title 'Cat food' into French.\nOutput: ")
    assert repair(f"Croquettes 10{blank}kg", translation) == f"Croquettes 10{blank}kg"
    assert name_entities(f"croquettes 10{blank}kg", "10 kg") == "10 kg"
    assert name_entities("croquettes 10 kg", f"10{blank}kg") == "10 kg"


def test_a_run_of_words_ends_at_a_comma_of_the_query():
    assert name_entities("desk lamp, red linen shade", "lamp red linen shade") == "red linen shade"
    assert name_entities("desk lamp [red] shade", "lamp (red) shade") == "shade"


def test_a_control_character_counts_on_neither_side():
    assert quote("soft\x04 cloth, quick to dry", "soft cloth") == "soft cloth"
    assert quote("soft cloth, quick to dry", "soft\x04 cloth") == "soft cloth"


def test_an_end_of_thinking_in_the_question_gets_into_no_answer():
    assert repair("", route("What is </think> tea?", task_type=TaskType.GENERATION)) == "tea?"
    assert quote("what </think> fine tea", "what fine tea") == "fine tea"
    assert name_entities("what</think>tea", "what think tea") == "tea"


def test_upper_case_that_is_longer_in_lower_case_moves_no_mark():
    assert name_entities('İİİİ desk 54" wide', '54"') == '54"'


def test_entities_end_where_the_evaluator_stops_reading():
    words = [f"word{number}" for number in range(1_100)]
    groups = [" ".join(words[start : start + 22]) for start in range(0, 1_100, 22)]
    answer = name_entities(" ".join(words), ",".join(groups))
    whole = answer.split(", ")[:-1]
    assert 4_800 < len(answer) <= 5_000
    assert whole == groups[: len(whole)]
    assert name_entities(f"lamp {'.' * 6_000} red, shade", "lamp red, shade") == "shade"


@pytest.mark.parametrize(
    ("text", "task_type", "expected"),
    [
        ("", TaskType.NAMED_ENTITY_RECOGNITION, "none"),
        ("", TaskType.GENERATION, "none"),
        ("Output:", TaskType.GENERATION, "none"),
        ("Name the brand: 1,000", TaskType.NAMED_ENTITY_RECOGNITION, "000"),
        ("Quote the keyphrase of the review.\nReview: ...!", TaskType.GENERATION, "Quote the keyphrase of the review."),
    ],
)
def test_a_question_without_a_word_to_take_still_gets_an_answer(text, task_type, expected):
    routed = route(text, task_type=task_type)
    assert repair("", routed) == repair(" \n", routed) == expected


def test_a_thought_of_many_beginnings_is_read():
    translation = route("Translate the title 'Cat food' into French.\nOutput: ")
    assert repair("<think>" * 100_000 + "Croquettes", translation) == "Croquettes"

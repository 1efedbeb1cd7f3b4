"""A prediction's row, written and read."""

import pytest

from shopbench_plugin.core.prediction import Cut, Prediction, read_prediction
from shopbench_plugin.core.vocabulary import Message, Question

QUESTION = Question("Which one?\n0. a\n1. b\nAnswer: ")
WHOLE = Prediction(
    QUESTION,
    "1",
    raw="1!",
    task_type="multiple-choice",
    is_sure=False,
    finish_reason="length",
    cuts=(Cut("passage", 7, 1),),
    prompt_tokens=9,
    cached_tokens=4,
    generated_tokens=2,
    messages=(Message("user", QUESTION.input_field),),
    refusal="too hot",
)


def test_a_row_contains_the_whole_prediction():
    assert read_prediction(WHOLE.to_row(), QUESTION) == WHOLE


def test_a_row_has_cuts_messages_and_refusal_only_if_there_are_any():
    row = Prediction(QUESTION, "1", "1!", "multiple-choice", finish_reason="stop").to_row()
    assert row == {
        "input_field": QUESTION.input_field,
        "task_type": "multiple-choice",
        "raw": "1!",
        "prediction": "1",
        "is_sure": True,
        "finish_reason": "stop",
        "prompt_tokens": 0,
        "cached_tokens": 0,
        "generated_tokens": 0,
    }


@pytest.mark.parametrize(
    "others", [{"prompt_tokens": True}, {"cuts": [3]}, {"messages": [{"role": "user"}]}, {"mine": None}]
)
def test_unknown_fields_of_a_row_are_kept_separately(others):
    row = {"input_field": "x", "prediction": "1"} | others
    assert read_prediction(row, QUESTION) == Prediction(QUESTION, "1", others=others)


@pytest.mark.parametrize(("row", "value"), [({}, None), ({"prediction": 3}, 3)])
def test_a_row_without_a_text_has_no_answer(row, value):
    prediction = read_prediction(row, QUESTION)
    assert (prediction.has_answer, prediction.others) == (False, {"prediction": value})

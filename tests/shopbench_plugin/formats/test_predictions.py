"""Predictions of three programs, matched with the same questions."""

import json

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.formats.predictions import read_predictions

FIRST, SECOND = Question("Which one?\n0. a\n1. b\nAnswer: "), Question("Name two colours.\nOutput: ")
QUESTIONS = [FIRST, SECOND]


def read(tmp_path, rows, questions=QUESTIONS):
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read_predictions(path, questions)
    return [(line, one.question.input_field, one.prediction) for line, one in found.items()]


def make_prompt(text):
    return f"<|im_start|>system\nYou help.<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"


def test_a_scripts_outputs_answer_the_questions_in_order(tmp_path):
    rows = [{"model_output": "1"}, {"model_output": " red, blue"}]
    assert read(tmp_path, rows) == [(1, FIRST.input_field, "1"), (2, SECOND.input_field, " red, blue")]


def test_what_answers_an_unusable_question_is_left_out_and_what_is_too_many_answers_none(tmp_path):
    rows = [{"model_output": name} for name in "abc"]
    assert read(tmp_path, rows, [None, SECOND]) == [(2, SECOND.input_field, "b"), (3, "", "c")]


def test_llamafactorys_answers_are_checked_by_their_prompts(tmp_path):
    rows = [
        {"prompt": make_prompt("Which one?\n0. a\n1. b\nAnswer:"), "predict": "1", "label": "1"},
        {"prompt": make_prompt("Something else."), "predict": "x", "label": "y"},
    ]
    assert read(tmp_path, rows) == [(1, FIRST.input_field, "1"), (2, make_prompt("Something else."), "x")]


def test_a_prompt_that_llamafactory_cut_short_still_shows_its_question(tmp_path):
    question = Question("word " * 40)
    cut = make_prompt(question.input_field)[:150]
    assert read(tmp_path, [{"prompt": cut, "predict": "1"}], [question]) == [(1, question.input_field, "1")]


@pytest.mark.parametrize("row", [{"model_output": "1"}, {"answer": "1"}, {"input_field": 3}])
def test_a_row_that_does_not_say_what_it_answers_is_an_error(tmp_path, row):
    with pytest.raises(ShopBenchError, match=r"predictions.jsonl:1: no 'input_field'; write predictions with"):
        read(tmp_path, [row], [])

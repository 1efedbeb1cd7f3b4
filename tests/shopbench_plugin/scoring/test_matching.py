"""Matching predictions with questions, and the messages if they don't match."""

import orjson
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.prediction import Prediction, read_prediction
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.formats.predictions import read_predictions
from shopbench_plugin.scoring.evaluation import evaluate_files
from shopbench_plugin.scoring.matching import match_predictions
from shopbench_plugin.scoring.records import ScoringSettings

PLAIN = ScoringSettings(resamples=0)


def make_predictions(*pairs):
    return {
        line: read_prediction({"prediction": answer}, Question(text)) for line, (text, answer) in enumerate(pairs, 1)
    }


def match(answered, pairs, texts):
    return match_predictions(make_predictions(*pairs), [answered("", text=text).question for text in texts])


def show(found):
    return [(one.question.input_field, one.prediction) for one in found.answered], [str(one) for one in found.problems]


def test_every_question_gets_its_answer(answered):
    assert show(match(answered, [("a", "0"), ("b", "1")], "ab")) == ([("a", "0"), ("b", "1")], [])


def test_a_repeated_text_gets_its_answers_in_order(answered):
    assert show(match(answered, [("a", "0"), ("b", "1"), ("a", "2")], "aba"))[0] == [("a", "0"), ("b", "1"), ("a", "2")]


@pytest.mark.parametrize(
    ("pairs", "texts", "kept", "problem"),
    [
        ([("a", "0")], "ab", "a", "1 missing questions ('b')"),
        ([("a", "0"), ("x", "1")], "a", "a", "1 foreign questions (line 2: 'x')"),
        ([("a", "0"), ("a", "1")], "a", "a", "1 doubled questions (line 2: 'a')"),
        ([("b", "0"), ("a", "1"), ("c", "2")], "abc", "abc", "1 questions in another order (line 1: 'b')"),
        ([("a", None), ("b", "1")], "ab", "b", "1 answers that are not strings (line 1: 'None')"),
        (
            [("a", "0"), ("x", "0"), ("y", "0"), ("z", "0")],
            "a",
            "a",
            "3 foreign questions (line 2: 'x', line 3: 'y', ...)",
        ),
    ],
)
def test_what_does_not_fit_is_counted_with_examples_and_the_rest_is_kept(answered, pairs, texts, kept, problem):
    matched, problems = show(match(answered, pairs, texts))
    assert "".join(text for text, _ in matched) == kept
    assert problems == [problem]


def test_questions_with_an_unknown_metric_are_left_out_with_the_reason(answered):
    questions = [answered("", text="a").question, answered("", text="b", metric="acuracy").question]
    found = match_predictions(make_predictions(("a", "1"), ("b", "1")), questions)
    assert [one.question.input_field for one in found.answered] == ["a"]
    assert str(found.problems[0]).startswith("1 questions that cannot be scored (unknown metric 'acuracy'")


def test_raw_text_and_other_fields_travel_along(answered):
    row = {"input_field": "a", "prediction": "1", "raw": "1!", "finish_reason": "length", "task_type": "ranking"}
    question = answered("", text="a").question
    found = match_predictions({1: read_prediction(row | {"mine": [2]}, Question("a"))}, [question])
    expected = Prediction(question, "1", "1!", "ranking", finish_reason="length", others={"mine": [2]})
    assert found.answered == [expected]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "contains no rows"),
        ('{"prediction": "1"}\n', ":1: no 'input_field'"),
        ('{"input_field": "a"}\n{"input_field": 3}\n', ":2: no 'input_field'"),
        ("[1]\n", ":1: not a JSON object"),
    ],
)
def test_a_broken_predictions_file_names_the_line(tmp_path, content, message):
    path = tmp_path / "predictions.jsonl"
    path.write_text(content)
    with pytest.raises(ShopBenchError, match=message):
        read_predictions(path)


@pytest.fixture
def files(tmp_path):
    def write(predictions):
        rows = [
            {"input_field": text, "output_field": 1, "task_name": "task1", "task_type": "multiple-choice"}
            for text in ("first", "second")
        ]
        paths = tmp_path / "predictions.jsonl", tmp_path / "reference.jsonl"
        for path, lines in zip(paths, (predictions, [row | {"metric": "accuracy"} for row in rows]), strict=True):
            path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        return paths

    return write


def test_files_that_do_not_match_are_refused(files):
    predictions, reference = files([{"input_field": "first", "prediction": "1"}])
    with pytest.raises(ShopBenchError, match=r"1 missing questions \('second'\); --partial scores what matches"):
        evaluate_files(predictions, reference, PLAIN)


def test_partial_scores_what_matches_and_notes_what_was_left(files):
    predictions, reference = files([{"input_field": "first", "prediction": "1"}])
    evaluation = evaluate_files(predictions, reference, PLAIN, partial=True)
    assert evaluation.totals.overall.score == 1.0
    assert evaluation.notes == ["partial: 1 missing questions ('second')"]


def test_nothing_that_matches_is_an_error_even_when_partial(files):
    predictions, reference = files([{"input_field": "other", "prediction": "1"}])
    with pytest.raises(ShopBenchError, match="no question can be scored; 2 missing questions"):
        evaluate_files(predictions, reference, PLAIN, partial=True)

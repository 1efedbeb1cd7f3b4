"""What a row of a development or test set may contain, and the errors for an invalid one."""

import json
from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.formats.questions import read_development_set, read_questions

ROW = {
    "input_field": "Which product keeps rain off?\n0. umbrella\n1. spoon\nAnswer: ",
    "output_field": 0,
    "task_name": "task2",
    "task_type": "multiple-choice",
    "metric": "accuracy",
    "is_multiple_choice": True,
    "track": "amazon-kdd-cup-24-understanding-shopping-concepts",
}


def write(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def test_a_development_row_becomes_a_question_with_all_its_fields(tmp_path):
    assert read_development_set(write(tmp_path, ROW)) == [
        Question(
            input_field=str(ROW["input_field"]),
            is_multiple_choice=True,
            output_field=0,
            task_name="task2",
            task_type=TaskType.MULTIPLE_CHOICE,
            metric="accuracy",
            track="amazon-kdd-cup-24-understanding-shopping-concepts",
        )
    ]


def test_a_test_row_needs_its_text_alone(tmp_path):
    rows = [{"input_field": "a"}, {"input_field": "", "is_multiple_choice": False, "task_type": None, "id": 7}]
    assert read_questions(write(tmp_path, *rows)) == [Question("a"), Question("", is_multiple_choice=False)]


def test_blank_lines_are_passed_over_and_the_order_stays(tmp_path):
    path = write(tmp_path, {"input_field": "b"}, "", {"input_field": "a"}, {"input_field": "b"})
    assert [question.input_field for question in read_questions(path)] == ["b", "a", "b"]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({}, "no 'input_field'; put the question's text there"),
        ({"input_field": None}, "no 'input_field'; put the question's text there"),
        ({"input_field": 7}, "'input_field' is 7; it must be a string"),
        ({"input_field": "a", "is_multiple_choice": "yes"}, "'is_multiple_choice' is 'yes'; it must be true or false"),
        ({"input_field": "a", "is_multiple_choise": True}, "unknown field 'is_multiple_choise', did you mean"),
        ({"input_field": "a", "task_type": "rankings"}, "unknown task_type 'rankings', did you mean 'ranking'?"),
        ({"input_field": "a", "task_type": 3}, "unknown task_type '3'"),
        ({"input_field": "a", "output_field": {}}, "'output_field' is {}; it must be a string, an integer, or a list"),
        ({"input_field": "a", "output_field": [1, "b"]}, "'output_field' is [1, 'b']; it must be"),
        ('{"input_field": "a"', "not valid JSON"),
        ("[1]", "not a JSON object"),
    ],
)
def test_a_broken_row_is_named_with_its_line(tmp_path, row, complaint):
    path = write(tmp_path, {"input_field": "fine"}, row)
    with pytest.raises(ShopBenchError) as caught:
        read_questions(path)
    assert str(caught.value).startswith(f"{path}:2: {complaint}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["output_field", "task_name", "task_type", "metric"])
def test_a_development_row_needs_its_reference_and_its_task(tmp_path, field):
    path = write(tmp_path, ROW, {name: value for name, value in ROW.items() if name != field})
    with pytest.raises(ShopBenchError, match=f"set.jsonl:2: no '{field}'; every row of a development set needs it"):
        read_development_set(path)


@pytest.mark.parametrize(
    ("task_type", "reference", "wanted"),
    [
        ("multiple-choice", [1], "the option's number or letter"),
        ("ranking", [], "a list of relevance weights"),
        ("ranking", "1,2", "a list of relevance weights"),
        ("ranking", [0, 2000], "a list of relevance weights, one for each item, none beyond 64"),
        ("retrieval", [1.5], "a list of item numbers"),
        ("named_entity_recognition", "vinyl", "a list of strings"),
        ("generation", 3, "a string or a list of strings"),
    ],
)
def test_a_reference_has_the_form_of_its_type(tmp_path, task_type, reference, wanted):
    path = write(tmp_path, ROW | {"task_type": task_type, "output_field": reference})
    with pytest.raises(
        ShopBenchError, match=f"set.jsonl:1: 'output_field' of a {task_type} is .*; it must be {wanted}"
    ):
        read_development_set(path)


def test_an_empty_file_and_a_missing_one_are_errors(tmp_path):
    with pytest.raises(ShopBenchError, match=r"set.jsonl: contains no rows"):
        read_questions(write(tmp_path, ""))
    with pytest.raises(ShopBenchError, match=r"gone.jsonl: cannot be read"):
        read_questions(tmp_path / "gone.jsonl")


def test_the_published_sets_are_read_whole(shopbench_development, shopbench_style):
    assert len(read_development_set(shopbench_development)) == 96
    assert len(read_development_set(shopbench_style)) == 2597

import json

import pytest

from converters.rows import RowError, join_question
from converters.shopbench_form import end_with_cue, read_question


def make_question(**changes):
    question = {
        "input_field": "Which keeps tea warm?\n0. sieve\n1. cosy\nAnswer: ",
        "output_field": 1,
        "task_type": "multiple-choice",
        "task_name": "MCQ/SPA",
        "is_multiple_choice": "True",
    }
    return {**question, **changes}


RANKING = "Rank the following 3 products.\nProduct List:\n1. a\n2. b\n3. c\nOutput: "


@pytest.mark.parametrize(
    ("task_type", "question", "reference", "answer"),
    [
        ("multiple-choice", "Which?\n0. a\n1. b\nAnswer: ", 1, "1"),
        ("multiple-choice", "Which?\n0. a\n1. b\nAnswer: ", "1", "1"),
        ("retrieval", "Select 3 products.\n1. a\n2. b\n3. c\nOutput: ", [3, 1, 2], "3,1,2"),
        ("ranking", RANKING, [0.01, 1, 0.1], "2,3,1"),
        ("named_entity_recognition", "Extract the brands.\nQuery: a b\nOutput: ", ["a", "b"], "a, b"),
        ("generation", "Explain tea.\nOutput: ", "A drink.", "A drink."),
    ],
)
def test_an_answer_is_written_as_the_model_should(task_type, question, reference, answer):
    row = read_question(make_question(task_type=task_type, input_field=question, output_field=reference))

    assert row.output == answer


@pytest.mark.parametrize(
    ("task_type", "end", "cue"),
    [
        ("multiple-choice", "\nAnswer:", "\nAnswer: "),
        ("multiple-choice", "\nOutput：", "\nOutput: "),
        ("multiple-choice", "", "\nAnswer: "),
        ("generation", "\n", "\nOutput: "),
        ("generation", "\nOutput: \n", "\nOutput: "),
    ],
)
def test_a_question_ends_with_the_challenges_cue(task_type, end, cue):
    row = read_question(make_question(task_type=task_type, input_field=f"Say A: or B:{end}", output_field="1"))

    assert join_question(end_with_cue(row)) == f"Say A: or B:{cue}"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"input_field": " "}, "'input_field' is no text"),
        ({"task_type": "quiz"}, "unknown task_type 'quiz'"),
        ({"output_field": [1]}, r"'output_field' \[1\] is no answer of type multiple-choice"),
        ({"output_field": None}, "'output_field' None is no answer"),
        ({"output_field": "", "task_type": "generation"}, "'output_field' is empty"),
    ],
)
def test_a_broken_question_is_refused(changes, reason):
    with pytest.raises(RowError, match=reason):
        read_question(make_question(**changes))


def test_every_real_question_keeps_its_text(shopbench_style):
    for line in shopbench_style.open(encoding="utf-8"):
        record = json.loads(line)
        question = join_question(end_with_cue(read_question(record)))

        assert question.startswith(record["input_field"].rstrip().rstrip(":："))
        assert question.endswith((": ",))

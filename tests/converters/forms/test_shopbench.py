import json

import pytest

from converters.forms.shopbench import read_question, rewrite_question
from shopbench_plugin.ecinstruct.rows import RowError, join_question


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


RETRIEVAL = {"task_type": "retrieval", "input_field": "Select 2 products.\n1. a\n2. b\n3. c\nOutput: "}


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
        ("generation", "\nOutput \t:", "\nOutput \t: "),
    ],
)
def test_a_question_ends_with_the_challenges_cue(task_type, end, cue):
    row = read_question(make_question(task_type=task_type, input_field=f"Say A: or B:{end}", output_field="1"))

    assert join_question(rewrite_question(row, {}, 0)) == f"Say A: or B:{cue}"


def test_a_question_of_blanks_takes_no_longer_than_another():
    """A search that begins anew at each blank takes a quarter of an hour."""
    row = read_question(
        make_question(task_type="generation", input_field="Why" + 300_000 * "\n" + "?", output_field="x")
    )

    assert join_question(rewrite_question(row, {}, 0)) == f"{row.input}\nOutput: "


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"input_field": " "}, "'input_field' is empty or not text"),
        ({"task_type": "quiz"}, "unknown task_type 'quiz'"),
        (
            {"output_field": [1]},
            r"'output_field' of a multiple-choice is \[1\]; it must be the option's number or letter",
        ),
        ({"output_field": None}, "'output_field' of a multiple-choice is None"),
        ({"output_field": True}, "'output_field' of a multiple-choice is True"),
        ({"output_field": 1.0}, r"'output_field' of a multiple-choice is 1\.0"),
        ({"output_field": 2}, "'output_field' names '2', which the question does not list"),
        ({"output_field": "0,1"}, "'output_field' names '0,1', which the question does not list"),
        ({"output_field": "B"}, "'output_field' names 'B', which the question does not list"),
        ({"output_field": [1.0, 2.5, True], **RETRIEVAL}, r"of a retrieval is \[1\.0, 2\.5, True\]"),
        ({"output_field": [], **RETRIEVAL}, r"of a retrieval is \[\]"),
        ({"output_field": [1, 4], **RETRIEVAL}, "names '4', which the question does not list"),
        (
            {"output_field": [True, False, True], "task_type": "ranking", "input_field": RANKING},
            r"of a ranking is \[True",
        ),
        ({"output_field": [1, float("nan"), 0], "task_type": "ranking", "input_field": RANKING}, "of a ranking .* nan"),
        ({"output_field": "", "task_type": "generation"}, "'output_field' is empty"),
    ],
)
def test_a_broken_question_is_refused(changes, reason):
    with pytest.raises(RowError, match=reason):
        read_question(make_question(**changes))


def test_every_real_question_keeps_its_text(shopbench_style):
    for line in shopbench_style.open(encoding="utf-8"):
        record = json.loads(line)
        question = join_question(rewrite_question(read_question(record), {}, 0))

        assert question.startswith(record["input_field"].rstrip().rstrip(":："))
        assert question.endswith((": ",))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Rate the review from 1 (worst) to 5 (best).\nReview: I bought\n0. kettle\n1. pan\nboth fine\nOutput: ", 3),
        ("What would the user rate this, an integer between 1 and 5?\nReview: My list:\n1. x\n2. y\n3. z\nOutput:", 5),
        ("Rate it on a scale of 1 to 5.\nInput: Good kettle, two flaws:\n1) the lid\n2) the cord\nOutput:", 4),
    ],
)
def test_an_answer_on_the_told_scale_is_right_though_the_review_holds_a_list(question, answer):
    row = {"input_field": question, "output_field": answer, "task_type": "multiple-choice", "metric": "accuracy"}
    assert read_question(row).output == str(answer)

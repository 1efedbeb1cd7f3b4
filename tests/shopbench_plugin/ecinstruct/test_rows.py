import pytest

from shopbench_plugin.ecinstruct.rows import Example, RowError, cut_question, join_question, parse_split


@pytest.mark.parametrize(
    ("question", "instruction", "content"),
    [
        ("Which one?\n0. a\nAnswer: ", "Which one?", "0. a\nAnswer: "),
        ("\nPick three.\n1. a\nOutput: ", "\nPick three.", "1. a\nOutput: "),
        ("One line without an end: ", "One line without an end: ", ""),
        ("Ends with a newline\n", "Ends with a newline\n", ""),
    ],
)
def test_a_question_is_cut_so_that_its_columns_join_to_itself(question, instruction, content):
    example = cut_question(question, "0")

    assert example == Example(instruction, content, "0")
    assert join_question(example) == question


@pytest.mark.parametrize(
    ("name", "split"), [("train", "train"), ("Validation", "val"), ("dev", "val"), ("test", "test"), (None, "train")]
)
def test_splits_are_known_under_their_usual_names(name, split):
    assert parse_split(name) == split


def test_an_unknown_split_is_an_error_that_names_it():
    with pytest.raises(RowError, match="unknown split 'holdout'; use one of train, val, test"):
        parse_split("holdout")

import pytest

from converters.forms.ecinstruct import read_row
from shopbench_plugin.ecinstruct.rows import RowError


def test_lists_that_a_reader_parsed_already_are_the_same_row(record):
    text = record("Product_Relation_Prediction")
    parsed = {**text, "options": ["A: bought together", "B: viewed together", "C: similar"]}

    assert read_row(parsed) == read_row(text)


@pytest.mark.parametrize("options", [None, "None", "", "[]", float("nan"), []])
def test_no_options_are_written_in_many_ways(record, options):
    assert read_row(record("Answer_Generation", options=options)).options == ""


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Product_Relation_Predicition", "Product_Relation_Prediction"),
        ("Query_Product_Ranking", "Query_Product_Rank"),
        ("Product_Substitue_Identification", "Product_Substitute_Identification"),
        ("Answer Generation", "Answer_Generation"),
    ],
)
def test_every_spelling_of_a_task_is_known(record, spelling, name):
    assert read_row({**record("Answer_Generation"), "task": spelling}).task.name == name


def test_keys_beyond_the_schema_are_left_alone(record):
    assert read_row(record("Answer_Generation", few_shot=[1])) == read_row(record("Answer_Generation"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instruction": None}, "has no 'instruction'; fix or remove the row"),
        ({"output": "  "}, "'output' is empty; fix or remove the row"),
        ({"input": 7}, "'input' is 7; it must be text"),
        ({"task": "Review_Writing"}, "unknown task 'Review_Writing'; Known: Answer_Generation, Answer"),
        ({"task": "Product_Matchin"}, "unknown task 'Product_Matchin', did you mean 'Product_Matching'?"),
        ({"task": 7}, "unknown task '7'; Known: "),
        ({"task": None}, "has no 'task'; fix or remove the row"),
        ({"split": "all"}, "unknown split 'all'"),
        ({"setting": ["a"]}, "'task', 'split' and 'setting' must be text"),
    ],
)
def test_a_broken_field_is_named(record, changes, reason):
    with pytest.raises(RowError, match=reason):
        read_row({**record("Answer_Generation"), **changes})

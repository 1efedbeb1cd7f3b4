"""Each task's rule by one example, then that no text changes, over real and over generated rows."""

import ast
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.ecinstruct.reformat import reformat
from converters.forms.ecinstruct import read_row, restate_original
from shopbench_plugin.ecinstruct.rows import RowError, join_question


def convert(record):
    example = reformat(read_row(record))
    return join_question(example), example.output


def test_a_multiple_choice_lists_numbers_and_is_answered_by_one(record):
    question, answer = convert(record("Product_Relation_Prediction"))

    assert question == (
        "Which relation holds? Output the number.\n"
        '{"Product 1:": "Steel kettle, 1.5 l (A: \\"large\\")", "Product 2:": "Tea sieve – B-Ware"}\n'
        "0. bought together\n1. viewed together\n2. similar\nAnswer: "
    )
    assert answer == "1"


def test_letters_in_a_review_stay(record):
    question, answer = convert(record("Sentiment_Analysis"))

    assert question == (
        "How does the reviewer feel?\nIt leaks.\nA: never again, B: see A.\n"
        "0. very positive\n1. positive\n2. neutral\n3. negative\n4. very negative\nAnswer: "
    )
    assert answer == "4"


def test_a_recommendation_is_a_retrieval_answered_by_an_index(record):
    question, answer = convert(record("Sequential_Recommendation"))

    assert question.startswith(
        "What will the user buy next? Answer from the options.\n['1st: A: cup', \"2nd: men's mug\"]\n0. thing 0\n1. "
    )
    assert question.endswith("\n19. thing 19\nOutput: ")
    assert answer == "19"


def test_a_ranking_numbers_its_product_list(record):
    question, answer = convert(record("Query_Product_Rank"))

    assert question == (
        "Rank the products denoted as 0, 1, 2, ...\n"
        '{"query": "tea", "product list": ["0: Steel kettle, 1.5 l (A: \\"large\\")", "1: Tea sieve – B-Ware", '
        '"2: cup"]}\nOutput: '
    )
    assert answer == "2,0,1"


def test_entities_are_a_list_with_commas_without_the_absent_ones(record):
    question, answer = convert(record("Attribute_Value_Extraction"))

    assert question.startswith(
        "Extract the values of the target attributes with their sources. Write only the values, separated by commas.\n{"
    )
    assert question.endswith('"}\nOutput: ')
    assert answer == "Steel, 1.5 l"


def test_where_no_value_is_found_the_answer_says_none(record):
    output = '[{"attribute": "size", "value": null, "source": null}]'

    assert convert(record("Attribute_Value_Extraction", output=output))[1] == "None"


def test_a_free_answer_stays_with_its_letters(record):
    assert convert(record("Answer_Generation")) == (
        'Answer the question.\n{"question": "Is A: better than B?", "document": ["A: yes"]}\nOutput: ',
        "A: yes, it is.",
    )


def test_a_cue_that_is_there_is_not_written_twice(record):
    assert convert(record("Product_Matching"))[0].endswith('product 2: {title: "y"}\nOutput: ')


def test_escaped_characters_of_an_input_are_written_as_characters(record):
    question, _ = convert(record("Product_Relation_Prediction", input='{"Product 1:": "gr\\u00f6\\u00dfe"}'))

    assert '\n{"Product 1:": "größe"}\n' in question


@pytest.mark.parametrize(
    ("task", "content", "written"),
    [
        (
            "Product_Matching",
            '{"product 1": {"title": "caf\\u00e9", "price": NaN}}',
            '{"product 1": {"title": "café", "price": NaN}}',
        ),
        (
            "Query_Product_Rank",
            '{"query": "q", "price": NaN, "product list": ["A: x", "B: y", "C: z"]}',
            '{"query": "q", "price": NaN, "product list": ["0: x", "1: y", "2: z"]}',
        ),
        ("Answer_Generation", '{"document": ["caf\\u00e9", NaN]}', '{"document": ["café", NaN]}'),
    ],
)
def test_an_input_with_nan_keeps_it(record, task, content, written):
    question, _ = convert(record(task, input=content))

    assert question.endswith(f"\n{written}\nOutput: ")


def test_the_original_keeps_letters_and_lists_its_options(record):
    original = restate_original(read_row(record("Product_Relation_Prediction")))

    assert original.instruction == "Which relation holds? Output the letter."
    assert original.input.endswith('"}\n["A: bought together", "B: viewed together", "C: similar"]')
    assert original.output == "B"


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ('{"price":1.10, "price":2e3,  "a": "\\u00e9"}', '{"price":1.10, "price":2e3,  "a": "é"}'),
        ('{"a": "\\uD83D\\uDE00 \\ud83d"}', '{"a": "\U0001f600 \\ud83d"}'),
        ('{"a": "\\u0022\\u005c\\u000a\\u0041"}', '{"a": "\\u0022\\u005c\\u000aA"}'),
        ('{"a": "C:\\\\u00e9 \\n \\user"}', '{"a": "C:\\\\u00e9 \\n \\user"}'),
    ],
    ids=["numbers, repeated keys, blanks", "two halves, and one", "what needs its escape", "no escapes"],
)
def test_all_but_escaped_characters_stays_as_it_is(record, content, written):
    assert convert(record("Product_Matching", input=content))[0].endswith(f"\n{written}\nOutput: ")


@pytest.mark.parametrize("output", ["A,B", "A,B,B", "A,B,D", "C A B"])
def test_a_ranking_that_misses_a_product_is_refused(record, output):
    with pytest.raises(RowError, match="does not rank each of the 3 products once"):
        convert(record("Query_Product_Rank", output=output))


def test_an_extraction_that_is_no_list_is_refused(record):
    with pytest.raises(RowError, match="output is neither JSON nor a Python literal: 'Steel'"):
        convert(record("Attribute_Value_Extraction", output="Steel"))


def parse(text):
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(text)


def split_titles(items):
    return {item[0]: item[3:] for item in items}


def map_back(record, example):
    """Rebuild (input, letter -> title, answer's letters) from the numbers of a reformatted row."""
    cue = "\nOutput: " if example.input.endswith("\nOutput: ") else "\nAnswer: "
    content = example.input.removesuffix(cue)
    answer = [chr(65 + int(number)) for number in example.output.split(",")]
    if not record["options"]:
        fields = json.loads(content)
        titles = fields["product list"]
        fields["product list"] = [re.sub(r"^\d+", lambda found: chr(65 + int(found[0])), title) for title in titles]
        return fields, {}, answer
    sizes = [len(title) for title in split_titles(parse(record["options"])).values()]
    start = len(content) - sum(len(f"\n{number}. ") + size for number, size in enumerate(sizes))
    body, titles = content[:start], {}
    for number, size in enumerate(sizes):
        label = f"\n{number}. "
        assert content.startswith(label, start)
        start += len(label)
        titles[chr(65 + number)] = content[start : start + size]
        start += size
    return (json.loads(body) if body.startswith("{") else body), titles, answer


def assert_maps_back(record):
    content, titles, answer = map_back(record, reformat(read_row(record)))
    original = record["input"]
    assert content == (json.loads(original) if original.startswith("{") else original)
    assert titles == (split_titles(parse(record["options"])) if record["options"] else {})
    assert answer == [letter[0] for letter in record["output"].split(":")[0].split(",")]


LABELLED_TASKS = {
    "Product_Relation_Prediction",
    "Sentiment_Analysis",
    "Multiclass_Product_Classification",
    "Sequential_Recommendation",
    "Query_Product_Rank",
}


def test_every_real_row_maps_back_to_its_texts(ecinstruct_real_text):
    records = [json.loads(line) for line in ecinstruct_real_text.open(encoding="utf-8")]
    labelled = [record for record in records if record["task"] in LABELLED_TASKS]

    for record in labelled:
        assert_maps_back(record)
    assert len(labelled) > 450


def test_every_real_text_without_labels_stays(ecinstruct_real_text):
    for line in ecinstruct_real_text.open(encoding="utf-8"):
        record = json.loads(line)
        if record["task"] == "Answer_Generation":
            example = reformat(read_row(record))
            body = example.input.removesuffix("\nOutput: ")
            assert (json.loads(body), example.output) == (json.loads(record["input"]), record["output"])


TITLES = st.text(
    st.one_of(st.sampled_from("AB:.,'\"`[](){}\\/0123 \n\r\t&;"), st.characters(codec="utf-8")), min_size=1, max_size=30
).filter(lambda text: text.strip() != "")


def label(titles):
    return [f"{chr(65 + number)}: {title}" for number, title in enumerate(titles)]


@given(st.lists(TITLES, min_size=1, max_size=20), TITLES, st.data())
def test_generated_options_map_back_to_their_texts(record, titles, history, data):
    write, is_escaped = data.draw(st.sampled_from([repr, json.dumps])), data.draw(st.booleans())
    options = label(titles)
    output = data.draw(st.sampled_from(options))[0]
    content = repr([f"1st: {history}"]) if write is repr else json.dumps({"title": history}, ensure_ascii=is_escaped)

    assert_maps_back(
        record("Sequential_Recommendation", input=content, options=write(options), output=output, setting="")
    )


@given(st.lists(TITLES, min_size=1, max_size=4), TITLES, st.booleans(), st.randoms())
def test_generated_product_lists_map_back_to_their_texts(record, titles, query, is_escaped, random):
    order = [item[0] for item in label(titles)]
    random.shuffle(order)
    content = json.dumps({"query": query, "product list": label(titles)}, ensure_ascii=is_escaped)

    assert_maps_back(record("Query_Product_Rank", input=content, output=",".join(order)))


@pytest.mark.parametrize(
    ("value", "answer"),
    [(["black", "white"], "black, white, 1 l"), ([], "1 l"), (2.5, "2.5, 1 l"), ([None, 3], "3, 1 l")],
)
def test_a_value_that_is_a_list_is_its_values(record, value, answer):
    output = json.dumps([{"attribute": "colour", "value": value}, {"attribute": "size", "value": "1 l"}])

    assert reformat(read_row(record("Attribute_Value_Extraction", output=output))).output == answer


@pytest.mark.parametrize("value", [{"a": 1}, [["a"]]])
def test_a_value_that_is_no_value_is_refused(record, value):
    output = json.dumps([{"attribute": "colour", "value": value}])
    with pytest.raises(RowError, match="is not text, a number or a list"):
        reformat(read_row(record("Attribute_Value_Extraction", output=output)))

import json

import pytest

from converters.ecinstruct.swaps import PAPER_SWAPS, load_rewritings, prepare_swaps, read_swaps
from converters.forms.ecinstruct import read_row
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.ecinstruct.rows import RowError, join_question

RATING = "Rate this text from 1 to 5.\nInput: I use it daily.\nOutput:\nAnswer: "
RELATION = 'What is "tea pot" to "pot lid"?\n0. irrelevant\n1. narrowing\n2. substitute\n3. complement\nAnswer: '
DEVELOPMENT_SET = [Question(RATING, task_name="task15"), Question(RELATION, task_name="task11")]
FUNCTIONAL_SUBSTITUTE = (
    "The product is somewhat relevant. It fails to fulfill some aspects of the query but the product can be used as a "
    "functional substitute."
)
EXACT_PRODUCT = "a product exactly matching the query"
USED_IN_COMBINATION = f"The product does not fulfill the query, but could be used in combination with {EXACT_PRODUCT}."
OWN_SWAP = """
swaps:
  - task: Product_Relation_Prediction
    wording: ["Of {one} and {other}:\\n{options}\\nAnswer: "]
    fields: {one: "input.Product 1:", other: "input.Product 2:"}
    answers:
      together: ['bought', 'viewed']
      alike: ['similar']
    answer: number
"""


def rewrite(record, draw=0, development_set=None):
    rewriting = prepare_swaps(read_swaps(PAPER_SWAPS), development_set, "dev.jsonl")[record["task"]]
    example = rewriting.apply(read_row(record), draw)
    return join_question(example), example.output


@pytest.mark.parametrize(
    ("output", "rating"),
    [
        ("A: very positive", "5"),
        ("B: positive", "4"),
        ("C: neutral", "3"),
        ("D: negative", "2"),
        ("E: very negative", "1"),
        ("E", "1"),
    ],
)
def test_a_sentiment_is_rated_by_its_meaning_not_by_its_place(record, output, rating):
    assert rewrite(record("Sentiment_Analysis", output=output))[1] == rating


def test_the_rating_takes_the_development_sets_words_around_the_review(record):
    question, _ = rewrite(record("Sentiment_Analysis"), development_set=DEVELOPMENT_SET)

    assert question == ("Rate this text from 1 to 5.\nInput: It leaks.\nA: never again, B: see A.\nOutput:\nAnswer: ")


@pytest.mark.parametrize(
    ("output", "label"),
    [
        ("A: an exact match", "narrowing"),
        ("B: a substitute", "substitute"),
        ("C: a complement", "complement"),
        ("D: irrelevant", "irrelevant"),
    ],
)
@pytest.mark.parametrize("draw", range(24))
def test_the_relevance_keeps_its_meaning_in_every_order_of_the_options(record, output, label, draw):
    question, answer = rewrite(record("Multiclass_Product_Classification", output=output), draw)
    options = question.splitlines()[1:-1]

    assert f"{answer}. {label}" in options
    assert sorted(option[3:] for option in options) == ["complement", "irrelevant", "narrowing", "substitute"]


def test_all_orders_of_the_options_occur(record):
    row = record("Multiclass_Product_Classification")

    assert len({rewrite(row, draw)[0] for draw in range(24)}) == 24


def test_the_relevance_takes_the_development_sets_words_around_query_and_title(record):
    question, answer = rewrite(record("Multiclass_Product_Classification"), 0, DEVELOPMENT_SET)

    assert question == (
        'What is "kettle" to "Steel kettle, 1.5 l (A: "large")"?\n'
        "0. narrowing\n1. substitute\n2. complement\n3. irrelevant\nAnswer: "
    )
    assert answer == "0"


def test_real_development_questions_give_their_words(record, shopbench_development):
    rewritings = load_rewritings(PAPER_SWAPS, shopbench_development)
    row = read_row(record("Multiclass_Product_Classification"))
    question = join_question(rewritings["Multiclass_Product_Classification"].apply(row, 0))

    assert '"kettle" to query "Steel kettle' in question
    assert "waterpik" not in question


def test_a_new_swap_needs_a_yaml_and_no_code(record, tmp_path):
    path = tmp_path / "swaps.yaml"
    path.write_text(OWN_SWAP, encoding="utf-8")
    rewriting = load_rewritings(path, None)["Product_Relation_Prediction"]
    example = rewriting.apply(read_row(record("Product_Relation_Prediction", output="A")), 1)

    assert join_question(example) == (
        'Of Steel kettle, 1.5 l (A: "large") and Tea sieve – B-Ware:\n0. alike\n1. together\nAnswer: '
    )
    assert example.output == "1"


def test_a_text_may_be_the_whole_input_beside_a_key_of_it(record, tmp_path):
    path = tmp_path / "swaps.yaml"
    path.write_text(OWN_SWAP.replace("input.Product 1:", "input"), encoding="utf-8")
    row = read_row(record("Product_Relation_Prediction", output="A"))
    question = join_question(load_rewritings(path, None)["Product_Relation_Prediction"].apply(row, 1))

    assert question.startswith(f"Of {row.input} and Tea sieve – B-Ware:\n")


@pytest.mark.parametrize(
    ("option", "label"),
    [
        ("The product is relevant to the query, and satisfies all the query specifications.", "narrowing"),
        (FUNCTIONAL_SUBSTITUTE, "substitute"),
        (USED_IN_COMBINATION, "complement"),
        ("The product is irrelevant to the query.", "irrelevant"),
        ("Exactly matches", "narrowing"),
        ("Exact: not a substitute", "narrowing"),
        ("Not an exact match but a substitute", "substitute"),
        ("Complementary to an exact match", "complement"),
    ],
)
def test_an_option_is_taken_by_what_it_says_it_is(record, option, label):
    row = record("Multiclass_Product_Classification", options=json.dumps([f"A: {option}"]), output="A")
    question, answer = rewrite(row)

    assert question.splitlines()[1 + int(answer)] == f"{answer}. {label}"


@pytest.mark.parametrize("query", [None, True, ["kettle"], {"text": "kettle"}, float("nan")])
def test_what_is_no_text_is_not_put_into_a_wording(record, query):
    content = json.dumps({"query": query, "product title": "cup"})

    with pytest.raises(RowError, match=r"the input's 'query' is .*; it must be text"):
        rewrite(record("Multiclass_Product_Classification", input=content))


def test_a_number_is_a_text_and_nan_elsewhere_does_no_harm(record):
    content = json.dumps({"query": 1984, "product title": "book", "price": float("nan")})
    question, _ = rewrite(record("Multiclass_Product_Classification", input=content))

    assert question.startswith('A customer searches for "1984" and is shown the product "book".')


def test_a_question_that_lacks_one_of_the_texts_gives_no_wording(record, tmp_path):
    path = tmp_path / "swaps.yaml"
    borrowing = '    development_task: task9\n    cut: "(?P<one>a)?( of )?(?P<other>b)\\n(?P<options>0.*)"\n'
    path.write_text(OWN_SWAP + borrowing, encoding="utf-8")
    questions = [Question(text, task_name="task9") for text in ("b\n0. x", "a of b\n0. x")]
    row = read_row(record("Product_Relation_Prediction", output="A"))
    [rewriting] = prepare_swaps(read_swaps(path), questions).values()

    for draw in range(2):
        assert join_question(rewriting.apply(row, draw)).startswith('Steel kettle, 1.5 l (A: "large") of Tea sieve')
    with pytest.raises(ShopBenchError, match="finds no wording in its 1 questions of task9"):
        prepare_swaps(read_swaps(path), questions[:1], "dev.jsonl")


def test_an_option_without_a_meaning_is_refused(record):
    odd = record("Sentiment_Analysis", options='["A: superb", "B: bad"]', output="A")

    with pytest.raises(RowError, match="the option 'superb' matches none of the swap's answers 1, 2, 3, 4, 5"):
        rewrite(odd)


def test_a_development_set_without_the_task_is_an_error(record):
    with pytest.raises(ShopBenchError, match=r"dev.jsonl: the swap for Sentiment_Analysis finds no wording in task15"):
        rewrite(record("Sentiment_Analysis"), development_set=DEVELOPMENT_SET[1:])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("Product_Relation_Prediction", "Product_Relations"), "did you mean 'Product_Relation_Prediction'"),
        (("{one}", "{won}"), "unknown text 'won', did you mean 'one'"),
        (("'similar'", "'(similar'"), "fix the expression"),
        (("answer: number", "answer: letter"), "label"),
        (("Product_Relation_Prediction", "Answer_Generation"), "unknown task with options 'Answer_Generation'"),
        ((r"\n{options}", ""), "answer: number: put {options} into every wording"),
        (("answer: number", "answer: label"), "no options are listed; remove {options} from every wording"),
        (("{one}", "{}"), "unknown text ''; Known: one, options, other"),
        (("{one} and ", ""), "the text 'one' is not in any wording; add {one}"),
        (("input.Product 1:", "Product 1:"), "the text 'one' is from 'Product 1:'; use input or input.KEY"),
        (("input.Product 1:", "input."), "the text 'one' is from 'input.'; use input or input.KEY"),
        (("swaps:", OWN_SWAP), "two swaps for Product_Relation_Prediction"),
        (("fields:", "field:"), "'swaps.0.field' is an unknown key, did you mean 'fields'"),
    ],
)
def test_a_mistake_in_a_swap_is_named(tmp_path, change, message):
    path = tmp_path / "swaps.yaml"
    path.write_text(OWN_SWAP.replace(*change), encoding="utf-8")

    with pytest.raises(ShopBenchError, match=message) as caught:
        read_swaps(path)
    assert str(path) in str(caught.value)

import pytest

from shopbench_plugin.ecinstruct.labels import find_answer, parse_options
from shopbench_plugin.ecinstruct.rows import RowError

OPTIONS = '["A: very good", "B: A: and B: in a text", "C: bad"]'


def test_only_the_label_of_an_option_becomes_a_number():
    assert parse_options(OPTIONS).lines == "0. very good\n1. A: and B: in a text\n2. bad"


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ('["A: one", "B:  two "]', {"A": "one", "B": " two "}),
        ('["B: one", "A: two"]', {"B": "one", "A": "two"}),
        ('["A: one", "C: two"]', {"A": "one", "C": "two"}),
        ('["A. one", "B) two"]', {"A": "one", "B": "two"}),
    ],
)
def test_labels_need_no_order_and_no_colon(options, texts):
    assert list(parse_options(options).texts.items()) == list(texts.items())


def test_python_literals_with_quotes_are_options_too():
    options = parse_options("""['A: 5" pipe', "B: men's \\"x\\" shirt", 'C: it\\'s "y"']""")

    assert options.texts == {"A": '5" pipe', "B": 'men\'s "x" shirt', "C": 'it\'s "y"'}


@pytest.mark.parametrize(
    ("output", "letter"),
    [
        ("B", "B"),
        (" C \n", "C"),
        ("C: bad", "C"),
        ("C.", "C"),
        ("very good", "A"),
        ("B: A: and B: in a text", "B"),
    ],
)
def test_an_answer_is_a_letter_an_option_or_its_text(output, letter):
    assert find_answer(output, parse_options(OPTIONS)) == letter


@pytest.mark.parametrize("output", ["D", "A: bad", "fine", "A, B"])
def test_an_output_that_is_none_of_the_options_is_refused(output):
    with pytest.raises(RowError, match="is not one of the options"):
        find_answer(output, parse_options(OPTIONS))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("", "has no options"),
        ('["very good", "bad"]', "option without a letter: 'very good'"),
        ('["A: one", "A: two"]', "two options are labelled A"),
        (str([f"{chr(65 + number % 26)}: x" for number in range(27)]), "two options are labelled A"),
        ('["A: one", 2]', "option without a letter: 2"),
    ],
)
def test_options_without_labels_of_their_own_are_refused(options, reason):
    with pytest.raises(RowError, match=reason):
        parse_options(options)

"""How the competition's evaluator parses answers, case by case and against a second implementation of the rules."""

import ast
import unicodedata
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.scoring.parsers import is_unparsable, parse_answer

CHOICE, RANKING, RETRIEVAL = TaskType.MULTIPLE_CHOICE, TaskType.RANKING, TaskType.RETRIEVAL
ENTITIES, TEXT = TaskType.NAMED_ENTITY_RECOGNITION, TaskType.GENERATION

GARBAGE = st.text(st.one_of(st.sampled_from("0123456789,, []'\"()\\\n\t-½²五٣abc{}:.#"), st.characters()), max_size=60)


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ("2", 2),
        (" \n2", 2),
        ("12", 1),
        ("3. because it is soft", 3),
        ("٣", 3),
        ("²", -1),
        ("½", -1),
        ("B", -1),
        ("-1", -1),
        ("(1)", -1),
        ("The answer is 1", -1),
        ("", -1),
        (" \n ", -1),
    ],
)
def test_a_choice_is_the_first_character_as_a_digit(answer, read):
    assert parse_answer(CHOICE, answer) == read


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ("1,4,3,2,5", [1, 4, 3, 2, 5]),
        ("[5, 4, 3, 2, 1]", [5, 4, 3, 2, 1]),
        ("Best to worst: 2, 1", [2, 1]),
        ("item1a2, 3", [3]),  # "12" is above 5
        ("1\n2,3", [3]),  # the line break vanishes, and 12 is above 5
        ("1 2, 3", [3]),
        ("6, 7, 1, 2, 3, 4, 5", [1, 2, 3, 4, 5]),
        ("1,2,3,4,5,1", [1, 2, 3, 4, 5]),  # the repeat stands beyond the first five
        ("1,2,2", []),
        ("0,1,2", [0, 1, 2]),
        ("-3,1", [3, 1]),
        ("1,½,²,五,2", [1, 2]),
        ("one, two", []),
        ("", []),
    ],
)
def test_a_ranking_is_the_first_five_numbers_up_to_five_unless_one_repeats(answer, read):
    assert parse_answer(RANKING, answer) == read


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ("6,9,15", [6, 9, 15]),
        ("6, 9, 15, 2", [6, 9, 15]),
        ("2,2,2,7", [2, 2, 2]),
        ("100, none, 7", [100, 7]),
        ("6\n9", [69]),
        ("6 9 15", []),
        ("1.5, 2", [15, 2]),
        ("9" * 5_000, []),  # Python reads no number of more than 4,300 digits
    ],
)
def test_a_retrieval_is_the_first_three_numbers(answer, read):
    assert parse_answer(RETRIEVAL, answer) == read


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ("['red shoe', 'Size 9']", ["red shoe", "Size 9"]),
        (" ['red']", ["red"]),  # Python forgives blanks before a literal
        ("\n['red']", ["red"]),
        ("['red', '']", ["red", ""]),
        ("[]", []),
        ("[red, shoe]", ["[red", "shoe]"]),
        ("red shoe, , size 9 ,", ["red shoe", "size 9"]),
        ("['red', 9]", ["['red'", "9]"]),
        ("('red', 'shoe')", ["('red'", "'shoe')"]),
        ("'red'", ["'red'"]),
        ("['a' 'b']", ["ab"]),
        ("['red'] # because", ["red"]),
        ("['red'", ["['red'"]),
        ("\0", ["\0"]),
        (r"['\d']", [r"\d"]),
        (" \n ", []),
    ],
)
def test_entities_are_a_python_list_of_strings_or_the_parts_between_commas(answer, read):
    assert parse_answer(ENTITIES, answer) == read


@pytest.mark.parametrize("answer", ["(" * 5_000, "[" * 5_000, "-" * 5_000, "{" * 2_000 + "}" * 2_000])
def test_what_breaks_pythons_parser_is_split_at_commas(answer):
    assert parse_answer(ENTITIES, answer) == [answer]


def test_a_text_is_stripped_and_nothing_else():
    assert parse_answer(TEXT, "\n It holds\n\n two litres. \n") == "It holds\n\n two litres."


def test_only_five_thousand_characters_are_read():
    assert parse_answer(TEXT, "a" * 6_000) == "a" * 5_000
    assert parse_answer(RETRIEVAL, " " * 4_999 + "12") == [1]
    assert parse_answer(CHOICE, " " * 5_000 + "1") == -1


@pytest.mark.parametrize("parsed", [-1, "", []])
def test_nothing_readable_counts_as_unparsable(parsed):
    assert is_unparsable(parsed)


@pytest.mark.parametrize("parsed", [0, 9, "0", [0], [""]])
def test_anything_readable_counts_as_parsable_even_if_wrong(parsed):
    assert not is_unparsable(parsed)


@given(GARBAGE)
def test_choices_follow_the_rule_for_any_text(answer):
    first = answer.strip()[:1]
    assert parse_answer(CHOICE, answer) == (unicodedata.decimal(first, -1) if first else -1)


@given(GARBAGE)
def test_number_lists_follow_the_rule_for_any_text(answer):
    cleaned = [
        "".join(character for character in part if character.isnumeric() or character == " ").strip(" ")
        for part in answer.split(",")
    ]
    numbers = [int(part) for part in cleaned if part.isdecimal()]
    small = [number for number in numbers if number in range(6)][:5]
    assert parse_answer(RETRIEVAL, answer) == numbers[:3]
    assert parse_answer(RANKING, answer) == ([] if any(small.count(one) > 1 for one in small) else small)


@given(GARBAGE | st.lists(st.text(max_size=8), max_size=4).map(repr))
def test_entities_follow_the_rule_for_any_text(answer):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            literal = ast.literal_eval(answer)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        literal = None
    if type(literal) is list and {type(one) for one in literal} <= {str}:
        assert parse_answer(ENTITIES, answer) == literal
    else:
        assert parse_answer(ENTITIES, answer) == [part for part in map(str.strip, answer.split(",")) if part]

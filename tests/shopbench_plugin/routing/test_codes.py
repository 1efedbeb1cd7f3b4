"""Labels that an instruction explains in running text."""

import pytest

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.routing import route
from shopbench_plugin.routing.codes import find_codes


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("Answer with 0 for bad and 1 for good.", {"0": "bad", "1": "good"}),
        ("Return 1 if true, answer 0 if false.", {"1": "true", "0": "false"}),
        ("Does it fit: yes = 1, no = 0.", {"1": "yes", "0": "no"}),
        ("Is the mug new (1), used (2) or broken (3)?", {"1": "new", "2": "used", "3": "broken"}),
        ("Opções: 1 - novo, 2 - usado.", {"1": "novo", "2": "usado"}),
        ("情感：0-负面，1-正面。", {"0": "负面", "1": "正面"}),
        ("レビューが良いなら1、悪いなら0です。", {"1": "良い", "0": "悪い"}),
        ("A (yes), B (no) or C (cannot tell)", {"A": "yes", "B": "no", "C": "cannot tell"}),
        ("P stands for potted, N for new.", {"P": "potted", "N": "new"}),
        ("Which one? [S]ame, [O]ther.", {"S": "Same", "O": "Other"}),
        (
            "In it E means that it fits, S that it may do, and C that it adds.",
            {"E": "that it fits", "S": "it may do", "C": "it adds"},
        ),
        ("U: mug\nV: pot\nW: pan", {"U": "mug", "V": "pot", "W": "pan"}),
    ],
)
def test_each_label_has_its_meaning(text: str, meanings: dict[str, str]) -> None:
    codes = find_codes(text)
    assert codes is not None
    assert dict(zip(codes.labels, codes.texts, strict=True)) == meanings


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Vitamin C (sour) and vitamin E (oily)?", id="letters that end a name"),
        pytest.param("Title A: blue mug, title B: mug", id="letters behind a noun"),
        pytest.param("X: mug. Y: pot.", id="two letters that are no initials"),
        pytest.param("One code only: A = mug", id="one label"),
        pytest.param(f"0 = mug {'and more ' * 12}1 = pot", id="labels far apart"),
    ],
)
def test_other_letters_and_numbers_are_no_labels(text: str) -> None:
    assert find_codes(text) is None


def test_codes_are_the_options_of_a_choice_and_the_items_of_a_list() -> None:
    choice = route("Grade the match: E (exact), S (substitute), I (irrelevant). Query: mug. Item: cup.")
    assert choice.task_type is TaskType.MULTIPLE_CHOICE
    assert (choice.answer_space.labels, choice.answer_space.texts[0]) == (("E", "S", "I"), "exact")
    listed = route("List every item that is a drink: 1 = milk, 2 = brick, 3 = tea.")
    assert (listed.task_type, listed.answer_space.labels) == (TaskType.RETRIEVAL, ("1", "2", "3"))


def test_of_all_other_cases_the_meaning_is_no() -> None:
    space = route("Mark 1 if the two are the same mug, and 0 otherwise.", is_multiple_choice=True).answer_space
    assert dict(zip(space.labels, space.texts, strict=True)) == {"0": "no", "1": "yes"}

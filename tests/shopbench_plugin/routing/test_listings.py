"""Finding the list a question is about."""

import pytest

from shopbench_plugin.routing.listings import find_listing
from shopbench_plugin.routing.unfolding import unfold


def items(text: str) -> dict[str, str]:
    listing = find_listing(unfold(text))
    return {} if listing is None else dict(zip(listing.labels, listing.texts, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Pick.\n0. tea\n1. milk\nAnswer: ", {"0": "tea", "1": "milk"}, id="one item a line"),
        pytest.param("Pick.\n1.tea\n2.1.5 l milk\n", {"1": "tea", "2": "1.5 l milk"}, id="no blank behind the label"),
        pytest.param("Goods: 0. tea\n1. milk", {"0": "tea", "1": "milk"}, id="first item on the header's line"),
        pytest.param("(A) tea\n(B) milk", {"A": "tea", "B": "milk"}, id="letters in brackets"),
        pytest.param("１．お茶\n２．牛乳\n", {"1": "お茶", "2": "牛乳"}, id="full-width digits and points"),
        pytest.param("1、お茶\n2、牛乳\n", {"1": "お茶", "2": "牛乳"}, id="an ideographic comma"),
        pytest.param("1,tea\n2,milk\n1，茶\n2，奶\n", {}, id="any other comma marks no label"),
        pytest.param("**A.** tea\n**B.** milk", {"A": "tea", "B": "milk"}, id="bold labels with the point"),
        pytest.param("**1**: tea\n**2**: milk", {"1": "tea", "2": "milk"}, id="bold labels without it"),
        pytest.param("<1> tea\n<2> milk", {"1": "tea", "2": "milk"}, id="angle brackets"),
        pytest.param("Ａ．お茶\nＢ．牛乳", {"A": "お茶", "B": "牛乳"}, id="full-width letters"),
        pytest.param("①お茶\n②牛乳", {"1": "お茶", "2": "牛乳"}, id="circled digits"),
        pytest.param("⓪ tea ① milk ② rum", {"0": "tea", "1": "milk", "2": "rum"}, id="circled digits in a line"),
        pytest.param("1️⃣ tea\n2️⃣ milk", {"1": "tea", "2": "milk"}, id="keycaps"),
        pytest.param("i. tea\nii. milk", {"i": "tea", "ii": "milk"}, id="Roman numbers"),
        pytest.param("1 tea\n2 milk\n3 rum", {"1": "tea", "2": "milk", "3": "rum"}, id="numbers without a mark"),
        pytest.param("1\ttea\n2\tmilk\n3\trum", {"1": "tea", "2": "milk", "3": "rum"}, id="tabs"),
        pytest.param("| # | item |\n|---|---|\n| 1 | tea |\n| 2 | milk |", {"1": "tea", "2": "milk"}, id="a table"),
        pytest.param("- A) tea\n- B) milk", {"A": "tea", "B": "milk"}, id="bullets before the labels"),
        pytest.param("Option 1: tea\nOption 2: milk", {"1": "tea", "2": "milk"}, id="a word before the label"),
        pytest.param("Opción A - té\nOpción B - leche", {"A": "té", "B": "leche"}, id="a Spanish word before it"),
        pytest.param("Is it tea? (A) yes (B) no", {"A": "yes", "B": "no"}, id="two in brackets behind a question"),
        pytest.param("心情？A：好 B：坏 C：一般", {"A": "好", "B": "坏", "C": "一般"}, id="colons before Chinese"),
        pytest.param('{"A": "tea", "B": "milk"}', {"A": "tea", "B": "milk"}, id="a JSON object"),
        pytest.param("0. tea\n1. milk\n3. rum", {"0": "tea", "1": "milk", "3": "rum"}, id="a gap in the numbering"),
        pytest.param("01. tea\n02. milk\n03. rum", {"1": "tea", "2": "milk", "3": "rum"}, id="leading zeros"),
        pytest.param("5. Which?\n0. tea\n1. milk", {"0": "tea", "1": "milk"}, id="the question is numbered itself"),
        pytest.param("1. Which?\n1. tea\n2. milk", {"1": "tea", "2": "milk"}, id="the question is number 1"),
        pytest.param(
            "List:\n1. kit with\n1. hook\n2. eye\n2. rope\n3. nail",
            {"1": "kit with\n1. hook", "2": "eye\n2. rope", "3": "nail"},
            id="numbers inside an item do not start the list anew",
        ),
        pytest.param(
            "Review: 1. loud\n2. hot\nPick.\n1. noise\n2. heat\n3. rust",
            {"1": "noise", "2": "heat", "3": "rust"},
            id="the last list of two",
        ),
        pytest.param(
            "Text:\n1. loud\n2. hot\n3. red\n4. big\nPick.\n0. noise\n1. heat",
            {"0": "noise", "1": "heat"},
            id="the last list, though a shorter one",
        ),
        pytest.param(
            "1. a\n2. b\n3. c\n4. d\n5. e\nNotes.\n1. Say numbers.\n2. Say no more.",
            {"1": "a", "2": "b", "3": "c", "4": "d", "5": "e"},
            id="a list more than twice as long",
        ),
        pytest.param("0 - tea\n1 - milk", {"0": "tea", "1": "milk"}, id="a dash behind the label"),
        pytest.param(
            "0. tea\nwith milk\n1. rum\nAnswer:", {"0": "tea\nwith milk", "1": "rum"}, id="an item of two lines"
        ),
        pytest.param(
            "Best? 0. tea 1. milk 2. rum", {"0": "tea", "1": "milk", "2": "rum"}, id="three items in one line"
        ),
        pytest.param("a) tea\nb) milk\nc) rum", {"a": "tea", "b": "milk", "c": "rum"}, id="lower-case letters"),
        pytest.param("a) tea\nb) milk", {}, id="two lower-case letters are no list"),
        pytest.param("Best? a) tea b) milk c) rum", {"a": "tea", "b": "milk", "c": "rum"}, id="three in one line"),
        pytest.param("a. tea\nb. milk\nc. rum\n1. x\n2. y", {"1": "x", "2": "y"}, id="lower-case letters come last"),
        pytest.param("It weighs 1. something 2. nothing", {}, id="two numbers in a line are no list"),
        pytest.param('Pick: ["A: tea, hot", "B: \'milk\'"]', {"A": "tea, hot", "B": "'milk'"}, id="a JSON list"),
        pytest.param("['A: tea', 'B: it\\'s milk']", {"A": "tea", "B": "it 's milk"}, id="a Python list"),
        pytest.param("At 12:30\n1:45\n2:50", {}, id="times of day are no labels"),
        pytest.param("1. alone", {}, id="one item is no list"),
        pytest.param("7. a\n8. b", {}, id="a list begins with 0, 1 or A"),
    ],
)
def test_find_listing(text: str, expected: dict[str, str]) -> None:
    assert items(text) == expected


@pytest.mark.parametrize("text", ["0. tea 1. milk", "a) tea\nb) milk", "1 tea\n2 milk", "true: (0) yes, (1) no"])
def test_two_labels_in_a_line_or_without_a_mark_are_a_list_of_a_multiple_choice(text: str) -> None:
    listing = find_listing(f"Pick one.\n{text}", is_told=True)
    assert listing is not None
    assert len(listing.labels) == 2

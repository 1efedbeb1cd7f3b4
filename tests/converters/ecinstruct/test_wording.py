import pytest

from converters.ecinstruct.wording import number_wording


@pytest.mark.parametrize(
    ("instruction", "numbered"),
    [
        ("Products are denoted as A, B, C, ... below.", "Products are denoted as 0, 1, 2, ... below."),
        ("Choose (A: very good, B: good, C: bad).", "Choose (0: very good, 1: good, 2: bad)."),
        ("Answer with A, B, or C.", "Answer with 0, 1, or 2."),
        ("Answer with A/B/C/D.", "Answer with 0/1/2/3."),
        ("Rate from A to E.", "Rate from 0 to 4."),
        ("Rate A-E.", "Rate 0-4."),
        ("Rank them like C > A > B.", "Rank them like 2 > 0 > 1."),
        ("Choose option B or 'C' or (D).", "Choose option 1 or '2' or (3)."),
        ("Write one label, e.g. T", "Write one label, e.g. 19"),
        ("Output the option letter.", "Output the option number."),
        ("Letters only: A) yes B) no", "Numbers only: 0) yes 1) no"),
    ],
)
def test_letters_that_label_become_numbers(instruction, numbered):
    assert number_wording(instruction) == numbered


@pytest.mark.parametrize(
    "instruction",
    [
        "A user bought a kettle. What comes next?",
        "Evaluate Product 1 and Product 2. I think an answer is one of the options.",
        "Compare the USB-C cables; the T-shirt's title tells its size.",
        "Use the ASIN, not the UPC.",
    ],
)
def test_articles_names_and_words_stay(instruction):
    assert number_wording(instruction) == instruction

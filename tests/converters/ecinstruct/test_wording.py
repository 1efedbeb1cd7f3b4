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
        ("Choose one of options A,B,C,...,T.", "Choose one of options 0,1,2,...,19."),
        ("Products A, B, ..., T follow.", "Products 0, 1, ..., 19 follow."),
        ("Answer with A...T", "Answer with 0...19"),
        ("Answer with A … T", "Answer with 0 … 19"),
        ("Answer with A, B, … and T", "Answer with 0, 1, … and 19"),
        (
            "Products are denoted as A, B, C, ... A product is a text.",
            "Products are denoted as 0, 1, 2, ... A product is a text.",
        ),
        ("Use the letters A, B & C", "Use the numbers 0, 1 & 2"),
        ("Use A & B", "Use 0 & 1"),
        ("For example: 'B,A,C'.", "For example: '1,0,2'."),
        ("For example: ‘B,A,C’.", "For example: ‘1,0,2’."),
        ("Answer with A;B;C;D", "Answer with 0;1;2;3"),
        ("Choose (A. very positive, B. positive).", "Choose (0. very positive, 1. positive)."),
        ("Choose:\nA. exact\nB. substitute", "Choose:\n0. exact\n1. substitute"),
        ("Respond with A if they are alike, B if not.", "Respond with 0 if they are alike, 1 if not."),
        ("Respond with A if they are alike.", "Respond with 0 if they are alike."),
        ("Use A for alike and B for any other.", "Use 0 for alike and 1 for any other."),
        ("A = exact, B = substitute", "0 = exact, 1 = substitute"),
        ("Rate from A (best) to E (worst).", "Rate from 0 (best) to 4 (worst)."),
        ("Rate it A to E; A is best and E is worst.", "Rate it 0 to 4; 0 is best and 4 is worst."),
        ("Choose A (grade C), B (grade D).", "Choose 0 (grade C), 1 (grade D)."),
        ("Output A.", "Output 0."),
        ("Output only B", "Output only 1"),
        ("If it fits, answer A. If not, answer B.", "If it fits, answer 0. If not, answer 1."),
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
        "Vitamin C: good, hepatitis B) bad.",
        "Take A. B. Smith and J. R. Jones.",
        "Is the letter-sized paper a letter size one?",
        "The Q&A, Q & A and R&D of a shop... I think; A product is not I.",
        "A product is relevant if a user, I say, wants it. A user for whom I buy is one.",
        "Choose A product.",
        "It costs as much as grade A is.",
    ],
)
def test_articles_names_and_words_stay(instruction):
    assert number_wording(instruction) == instruction

"""What a task asks, from its questions."""

from shopbench_plugin.scoring.report.wording import read_wording

ASKED = "Rate the product from 1 to 5 by its review."


def test_the_shared_sentence_is_what_a_task_asks_and_the_rest_is_what_differs():
    texts = [f"Here you are. {ASKED}\nReview: {text}\nAnswer: " for text in ("good pan", "bad pot", "fine cup")]
    wording = read_wording(texts)
    assert wording.asks == ASKED
    assert wording.previews == ("good pan", "bad pot", "fine cup")


def test_one_question_or_equal_ones_are_shown_whole():
    assert read_wording([ASKED]).previews == (ASKED,)
    assert read_wording([ASKED, ASKED]).previews == (ASKED, ASKED)
    assert read_wording([""]).asks == ""


def test_long_texts_are_cut():
    assert len(read_wording(["word " * 100]).previews[0]) == 161

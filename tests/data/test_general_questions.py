"""The general questions are the project's own: what domain tuning costs shows in them."""

from collections import Counter
from pathlib import Path

from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.routing import route_question

GENERAL = Path(__file__).resolve().parents[2] / "data" / "general_questions.jsonl"


def test_every_question_has_four_options_and_one_of_them_is_right() -> None:
    questions = read_development_set(GENERAL)
    assert Counter(question.task_name for question in questions) == {
        "general_knowledge": 24,
        "general_arithmetic": 18,
        "general_language": 18,
    }
    for question in questions:
        assert route_question(question).answer_space.labels == ("0", "1", "2", "3")
        assert question.output_field in range(4)
    assert len({question.input_field for question in questions}) == len(questions)


def test_no_option_is_right_much_more_often_than_the_others() -> None:
    right = Counter(question.output_field for question in read_development_set(GENERAL))
    assert set(right) == {0, 1, 2, 3}
    assert max(right.values()) <= 20

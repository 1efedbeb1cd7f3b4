"""Published scores: each with conditions and source, and no other evaluator's."""

import pytest

from shopbench_plugin.scoring.published import read_published


def test_the_competition_s_scores_are_there_with_source_and_conditions():
    scores = read_published("kdd-cup")
    assert [(score.track[18:], score.score) for score in scores] == [
        ("understanding-shopping-concepts", 0.823),
        ("user-behavior-alignment", 0.722),
        ("all-around", 0.773),
    ]
    assert all(score.conditions and "Table 3" in score.source for score in scores)


@pytest.mark.parametrize("evaluator", ["shopping-mmlu", "another"])
def test_another_evaluator_s_scores_are_not_compared(evaluator):
    assert read_published(evaluator) == []

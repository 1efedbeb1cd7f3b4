"""Published scores: each with conditions and source, and only of one evaluator."""

from shopbench_plugin.scoring.published import read_published


def test_the_competition_s_scores_are_there_with_source_and_conditions():
    scores = read_published("kdd-cup")
    assert [(score.track[18:], score.score) for score in scores] == [
        ("understanding-shopping-concepts", 0.823),
        ("user-behavior-alignment", 0.722),
        ("all-around", 0.773),
    ]
    assert all(score.conditions and "Table 3" in score.source for score in scores)


def test_shopping_mmlu_s_leaderboard_has_a_score_for_each_skill():
    scores = read_published("shopping-mmlu")
    assert {name: [one.score for one in scores if one.system == name] for name in {one.system for one in scores}} == {
        "Claude 3 Sonnet": [0.8075, 0.7163, 0.7017, 0.6776],
        "Claude 2": [0.7546, 0.655, 0.6353, 0.6524],
        "ChatGPT (GPT-3.5 Turbo)": [0.7563, 0.6497, 0.5979, 0.6081],
    }
    assert {str(one.track)[18:] for one in scores} == {
        *("understanding-shopping-concepts", "shopping-knowledge-reasoning"),
        *("user-behavior-alignment", "multi-lingual-abilities"),
    }
    assert all(score.conditions and "ShoppingMMLU_overall.json" in score.source for score in scores)


def test_another_evaluator_s_scores_are_not_compared():
    assert read_published("another") == []

"""Rewards for trainers, and the example of docs/evaluators.md."""

import re
from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.scoring import reward

ROW = {"input_field": "Which?", "output_field": 2, "task_type": "multiple-choice", "metric": "accuracy"}
DOCS = Path(__file__).parents[3] / "docs"


def test_a_reward_is_the_score_of_the_evaluator(answered):
    assert (reward(ROW, "2"), reward(ROW, "\n2"), reward(ROW, "\n2", evaluator="shopping-mmlu")) == (1, 1, 0)
    ranking = answered("", [1, 0.1, 0], task_type=TaskType.RANKING).question
    assert reward(ranking, "2,1,3") == pytest.approx(0.7027 / 1.0453, abs=1e-4)


def test_a_score_beyond_1_is_a_reward_of_1(answered):
    ranking = answered("", [1, 0, 0], task_type=TaskType.RANKING).question
    assert reward(ranking, "1,1,1", evaluator="shopping-mmlu") == 1


def test_what_cannot_be_rewarded_says_why():
    with pytest.raises(ShopBenchError, match="unknown evaluator 'kdd', did you mean 'kdd-cup'"):
        reward(ROW, "2", evaluator="kdd")
    with pytest.raises(ShopBenchError, match="no task_type, metric or output_field"):
        reward({"input_field": "Which?"}, "2")


def test_the_example_of_the_documentation_rewards_a_batch():
    section = (DOCS / "evaluators.md").read_text().split("## As a reward\n")[1]
    names = {}
    exec(re.search(r"```python\n(.*?)```", section, re.DOTALL)[1].split("trainer = ")[0], names)  # noqa: S102
    columns = {name: [value, value] for name, value in ROW.items()}
    assert names["reward_answers"](completions=["2", "0"], prompts=["", ""], **columns) == [1.0, 0.0]

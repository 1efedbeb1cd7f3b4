"""What a model wrote, the question it was asked, and the answer that is made of it: one case a row of cases.json.

A row's `question` is a key of its "questions", so that cases about the same question stand together.
"""

import json
from pathlib import Path

import pytest

from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.postprocess import repair
from shopbench_plugin.routing import route_question

FILE = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
QUESTIONS = {
    name: Question("\n".join(question["text"]), question["task_type"] == "multiple-choice")
    for name, question in FILE["questions"].items()
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_question_is_routed_as_the_cases_mean_it(name: str) -> None:
    assert route_question(QUESTIONS[name]).task_type is TaskType(FILE["questions"][name]["task_type"])


@pytest.mark.parametrize(
    "case", FILE["cases"], ids=[f"{case['question']}: {case['why']}: {case['raw'][:30]!r}" for case in FILE["cases"]]
)
def test_repair(case: dict[str, str]) -> None:
    assert repair(case["raw"], route_question(QUESTIONS[case["question"]])) == case["expected"]

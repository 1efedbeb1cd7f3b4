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
def test_a_question_is_routed_as_its_cases_mean_it_and_each_is_repaired(name: str) -> None:
    routed = route_question(QUESTIONS[name])
    assert routed.task_type is TaskType(FILE["questions"][name]["task_type"])
    cases = [case for case in FILE["cases"] if case["question"] == name]
    assert [case | {"expected": repair(case["raw"], routed)} for case in cases] == cases


def test_every_case_has_a_question_and_every_question_a_case() -> None:
    assert {case["question"] for case in FILE["cases"]} == QUESTIONS.keys()

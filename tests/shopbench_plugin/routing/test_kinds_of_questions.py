"""Kinds of questions in several languages: labels, scales, counts, orders, entities and texts, each with its route."""

import json
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.routing import route

CASES = json.loads(Path(__file__).with_name("kinds_of_questions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}-{number}" for number, case in enumerate(CASES)])
def test_route(case: dict[str, Any]) -> None:
    routed = route("\n".join(case["question"]), case["is_multiple_choice"])
    space = routed.answer_space
    assert (routed.task_type, " ".join(space.labels)) == (case["task_type"], case["labels"])
    if routed.task_type is not TaskType.RANKING:
        assert space.count == case["count"]


@pytest.mark.parametrize("text", ["Which is it?", "Kettle!", "壶？", "Choose wisely.\nQuery: kettle"])
def test_a_multiple_choice_whose_options_are_not_found_is_never_sure(text: str) -> None:
    assert not route(text, is_multiple_choice=True).is_sure

"""Questions in wordings and languages that no rule was written for: each case names what it shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.routing import route

CASES = json.loads(Path(__file__).with_name("unseen_questions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["rule"] for case in CASES])
def test_route(case: dict[str, Any]) -> None:
    routed = route("\n".join(case["question"]), case["is_multiple_choice"])
    space = routed.answer_space
    found = {
        "task_type": routed.task_type,
        "labels": " ".join(space.labels),
        "texts": list(space.texts),
        "count": space.count,
        "passage": space.passage,
        "is_sure": routed.is_sure,
    }
    expected = {"is_sure": True} | {name: case[name] for name in found if name in case}
    assert {name: found[name] for name in expected} == expected

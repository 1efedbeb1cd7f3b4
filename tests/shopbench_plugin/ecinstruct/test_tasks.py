import json

import pytest

from converters.convert import convert
from converters.settings import ConversionSettings
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct import tasks
from shopbench_plugin.ecinstruct.rows import Layout, Measure, Task
from shopbench_plugin.ecinstruct.tasks import find_task
from shopbench_plugin.scoring.ecinstruct import EcInstructAnswer, score_ecinstruct

GIFT = Task("Gift_Choice", TaskType.MULTIPLE_CHOICE, Layout.OPTION, Measure.CLASSES, ("Gift_Chioce",))


@pytest.mark.parametrize("name", ["Query_Product_Rank", "Query_Product_Ranking", " Query Product Rank "])
def test_a_task_is_found_by_any_spelling(name):
    assert find_task(name).name == "Query_Product_Rank"


def test_a_task_like_ecinstructs_is_one_entry(tmp_path, monkeypatch):
    """Reading, rewriting and scoring need nothing else."""
    monkeypatch.setattr(tasks, "TASKS", [*tasks.TASKS, GIFT])
    row = {
        "task": "Gift_Chioce",
        "split": "train",
        "setting": "IND",
        "instruction": "Which is a gift for a cook? Answer A or B.",
        "input": "A cook of 40.",
        "options": '["A: rake", "B: pan"]',
        "output": "B",
    }
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps(row), encoding="utf-8")
    convert(ConversionSettings((str(source),), join_originals=False), tmp_path, "set")

    assert json.loads((tmp_path / "set.jsonl").read_text(encoding="utf-8")) == {
        "instruction": "Which is a gift for a cook? Answer 0 or 1.",
        "input": "A cook of 40.\n0. rake\n1. pan\nAnswer: ",
        "output": "1",
    }
    answers = [EcInstructAnswer("Gift_Choice", "IND", "B", answer) for answer in ("B: pan", "A")]
    assert score_ecinstruct(answers)["Gift_Choice", "IND"].metrics["accuracy"] == 0.5

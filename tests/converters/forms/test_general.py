"""General data in alpaca's and ShareGPT's columns, and a form that is added from outside."""

import json

import pytest

from converters.convert import convert
from converters.forms import registry
from converters.forms.alpaca import keep_question
from converters.forms.form import Form
from converters.forms.registry import find_form, list_forms, register_form
from converters.settings import ConversionSettings
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import Row, RowError, Task, join_question

ALPACA = {"instruction": "Name a river.", "input": "In Asia.", "output": "Mekong"}
TURNS = [{"from": "human", "value": "Hello?"}, {"from": "gpt", "value": "Hi."}, {"from": "human", "value": "Bye."}]
MESSAGES = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hello?\nAnybody?"},
    {"role": "assistant", "content": "Hi."},
]


def rewrite(record):
    form = find_form(record, list_forms())
    row = form.read(record)
    return form.name, row.task.name, join_question(form.rewrite(row, {}, 0)), row.output


@pytest.mark.parametrize(
    ("record", "rewritten"),
    [
        (ALPACA, ("alpaca", "alpaca", "Name a river.\nIn Asia.", "Mekong")),
        (ALPACA | {"input": None, "options": None}, ("alpaca", "alpaca", "Name a river.", "Mekong")),
        (
            ALPACA | {"system": "Be kind.", "history": []},
            ("alpaca", "alpaca", "Be kind.\n\nName a river.\nIn Asia.", "Mekong"),
        ),
        (ALPACA | {"history": [["First?", "Yes."], ["x", "y"]]}, ("alpaca", "alpaca", "First?", "Yes.")),
        (
            ALPACA | {"instruction": "Pick an option.", "input": "A. tea\nB. rug", "output": "A"},
            ("alpaca", "alpaca", "Pick an option.\nA. tea\nB. rug", "A"),
        ),
        (ALPACA | {"output": "A"}, ("alpaca", "alpaca", "Name a river.\nIn Asia.", "A")),
        ({"conversations": TURNS}, ("sharegpt", "sharegpt", "Hello?", "Hi.")),
        ({"messages": MESSAGES}, ("sharegpt", "sharegpt", "Be kind.\n\nHello?\nAnybody?", "Hi.")),
        ({"conversations": TURNS, "system": "Be kind."}, ("sharegpt", "sharegpt", "Be kind.\n\nHello?", "Hi.")),
    ],
)
def test_a_general_row_is_kept_as_it_is(record, rewritten):
    assert rewrite(record) == rewritten


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (ALPACA | {"output": " "}, "has an empty question or answer"),
        (ALPACA | {"output": 3}, "'output' is 3; it must be text"),
        (ALPACA | {"history": "x"}, "'history' is 'x'; it must be a list"),
        ({"conversations": TURNS[1:]}, "does not begin with a user's turn and its answer"),
        ({"conversations": [{"from": "tool", "value": "x"}]}, "a turn is .*it must have a role"),
        ({"messages": ["x"]}, "a turn is 'x'"),
        (ALPACA | {"options": '["A: x"]'}, "has no 'task'"),
        (ALPACA | {"setting": "IND_Diverse_Instruction"}, "looks like an ECInstruct row without its task; keep the"),
        (ALPACA | {"output": '[{"attribute": "size", "value": "L", "source": "title"}]'}, "without its task"),
        ({"instruction": "Rank.", "input": '{"list": ["A: cap", "B: hat"]}', "output": "B,A"}, "without its task"),
        ({"instruction": "Pick an option.", "input": "It leaks.", "output": "C: negative"}, "without its task"),
        ({"question": "x"}, "matches none of the forms alpaca, ecinstruct, sharegpt, shopbench; its keys are 'ques"),
        ({}, "its keys are none"),
    ],
)
def test_another_row_is_refused(record, reason):
    with pytest.raises(RowError, match=reason):
        rewrite(record)


def test_general_data_is_mixed_in_by_its_weight(tmp_path, record):
    ours, theirs = tmp_path / "ours.jsonl", tmp_path / "general.json"
    rows = [record("Sentiment_Analysis", input=f"Review {number}.") for number in range(40)]
    ours.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    theirs.write_text(json.dumps([ALPACA | {"input": f"{number}"} for number in range(40)]), encoding="utf-8")
    settings = ConversionSettings((str(ours), str(theirs)), (0.8, 0.2), sample=30, join_originals=False)
    report = convert(settings, tmp_path / "out", "mixed")
    lines = [json.loads(line) for line in (tmp_path / "out" / "mixed.jsonl").open(encoding="utf-8")]

    assert list(report.by_source.values()) == [24, 6]
    assert sum(line["output"] == "Mekong" for line in lines) == 6
    assert report.tasks["alpaca"]["type"] == "generation"


def test_a_form_from_elsewhere_is_one_object(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_added", [])
    task = Task("Quiz", TaskType.GENERATION)

    def read(record):
        return Row(task, "train", "", "", record["quiz"], "", record["solution"])

    register_form(Form("quiz", lambda record: "quiz" in record, read, keep_question))
    source = tmp_path / "quiz.jsonl"
    source.write_text('{"quiz": "What boils?\\nSay.", "solution": "Water."}\n', encoding="utf-8")
    convert(ConversionSettings((str(source),)), tmp_path, "set")

    assert json.loads((tmp_path / "set.jsonl").read_text(encoding="utf-8")) == {
        "instruction": "What boils?",
        "input": "Say.",
        "output": "Water.",
    }

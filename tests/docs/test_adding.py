"""The examples of docs/adding.md do what the page says; those of formats and metrics run beside the packages' tests."""

import json
import re
from pathlib import Path

import yaml
from typer.testing import CliRunner

from converters.convert import convert
from converters.forms import registry as forms
from converters.settings import ConversionSettings
from shopbench_plugin.cli.main import app
from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.vocabulary import Message, Question, TaskType
from shopbench_plugin.demonstrations.choice import choose_demonstrations
from shopbench_plugin.demonstrations.preset_files import read_preset
from shopbench_plugin.ecinstruct import tasks
from shopbench_plugin.ecinstruct.rows import Layout, Measure, Task
from shopbench_plugin.engines.interface import Prompt

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/adding.md").read_text(encoding="utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])


def take_code(section, language):
    """Return the first block of a language in a section."""
    return re.search(rf"```{language}\n(.*?)```", SECTIONS[section], re.DOTALL)[1]


def convert_row(row, folder):
    source = folder / "rows.jsonl"
    source.write_text(json.dumps(row), encoding="utf-8")
    convert(ConversionSettings((str(source),), join_originals=False), folder, "set")
    return json.loads((folder / "set.jsonl").read_text(encoding="utf-8"))


def test_every_section_is_listed_and_names_tests_that_exist():
    listed = re.findall(r"^\| \[(.*?)\]", PAGE, re.MULTILINE)
    assert listed == list(SECTIONS)
    for section in SECTIONS.values():
        named = re.findall(r"`(tests/[\w/.]+)`", section.split("**Test.**")[1])
        assert named
        assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_task_becomes_a_question(tmp_path, monkeypatch):
    names = {"Task": Task, "TaskType": TaskType, "Layout": Layout, "Measure": Measure}
    task = eval(take_code("An ECInstruct-like task", "python"), names)
    monkeypatch.setattr(tasks, "TASKS", [*tasks.TASKS, task])
    assert convert_row(json.loads(take_code("An ECInstruct-like task", "json")), tmp_path) == {
        "instruction": "Which is a gift for a cook? Answer 0 or 1.",
        "input": "A cook of 40.\n0. rake\n1. pan\nAnswer: ",
        "output": "1",
    }


def test_the_form_of_rows_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(forms, "_added", [])
    names = {}
    exec(take_code("A form of training rows", "python"), names)
    forms.register_form(names["FORM"])
    row = {"quiz": "What boils?\nSay.", "solution": "Water."}
    assert convert_row(row, tmp_path) == {"instruction": "What boils?", "input": "Say.", "output": "Water."}


def test_the_preset_shows_what_it_says(tmp_path):
    path = tmp_path / "my-preset.yaml"
    path.write_text(take_code("A preset", "yaml"), encoding="utf-8")
    options = "Which is a drink?\n0. tea\n1. soap\n"
    items = "Which two fit?\n1. tent\n2. pan\n3. mat\n"
    questions = [
        *(Question(f"{text}{options}", True, 0, "task5", TaskType.MULTIPLE_CHOICE) for text in ("", "Choose: ")),
        *(Question(f"{text}{items}", False, [1, 3], "task6", TaskType.RETRIEVAL) for text in ("A long one. ", "")),
    ]
    chosen = choose_demonstrations(read_preset(str(path)), questions).by_type
    shown = {task_type: [one.question.input_field for one in shown] for task_type, shown in chosen.items() if shown}
    assert shown == {TaskType.RETRIEVAL: [items], TaskType.MULTIPLE_CHOICE: [f"Choose: {options}"]}


def test_the_engine_answers():
    names = {"__name__": "shopbench_echo"}
    exec(take_code("An engine", "python"), names)
    engine = names["EchoSettings"](model="any", says="2").load()
    prompts = [Prompt((Message("user", "Hello?"),), Constraint())] * 2
    assert [(index, one.text) for index, one in engine.complete(prompts)] == [(0, "2"), (1, "2")]
    assert engine.count_tokens(prompts[0].messages) == 6


def test_the_recipe_of_another_family_is_accepted(tmp_path):
    recipe = yaml.safe_load(take_code("A model family", "yaml"))
    info = {recipe["dataset"]: {"file_name": "rows.jsonl"}}
    (tmp_path / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    row = {"instruction": "Which is a drink?\n0. tea\n1. soap", "input": "", "output": "0"}
    (tmp_path / "rows.jsonl").write_text(f"{json.dumps(row)}\n" * 4, encoding="utf-8")
    recipe |= {"dataset_dir": str(tmp_path), "output_dir": str(tmp_path / "adapter")}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    done = CliRunner(env={"HF_HUB_OFFLINE": "0"}).invoke(app, ["check", str(tmp_path / "recipe.yaml")])
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path}/recipe.yaml: looks right\n"), done.exception

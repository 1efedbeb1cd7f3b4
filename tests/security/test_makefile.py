"""What a user gives to make as a file's name reaches the program as it is, and runs nothing."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    "a plain name.yaml",
    "it's.yaml",
    'say "hi".yaml',
    "$(touch mark).yaml",
    "$(shell touch mark).yaml",
    "`touch mark`.yaml",
    "x; touch mark; y.yaml",
    "x && touch mark.yaml",
    "x | touch mark",
    "x > mark",
    "$HOME.yaml",
    "$$.yaml",
    "a#b.yaml",
    "a\\b.yaml",
    "*.toml",
    "-rf.yaml",
    "größe 10:1.yaml",
]
ALL_AT_ONCE = """a 'b' "c" $(touch mark) $(shell touch mark) `touch mark`; touch mark && $HOME $$ # > mark *.toml"""
pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="needs make")


@pytest.fixture
def project(tmp_path):
    """Return a folder with the project's Makefile, and programs that write down what they were given."""
    folder = tmp_path / "project"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (folder / "requirements").mkdir()
    for name in ("requirements/cpu.txt", "pyproject.toml", "shopbench_llamafactory_hook.pth", "data.jsonl"):
        (folder / name).touch()
    for name in ("shopbench", "llamafactory-cli"):
        (programs / name).write_text('#!/bin/sh\nfor argument; do printf "%s\\n" "$argument"; done >> given\n')
        (programs / name).chmod(0o755)
    (folder / ".venv" / ".ready-cpu").touch()
    shutil.copy(ROOT / "Makefile", folder)
    return folder


def make(project, *arguments):
    command = ["make", "--silent", "LOCK=cpu", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def read_given(project):
    assert not (project / "mark").exists()
    return (project / "given").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        *(("sft", name) for name in NAMES),
        *((stage, ALL_AT_ONCE) for stage in ("export", "gptq", "predict", "evaluate", "ablation")),
    ],
)
def test_a_recipe_of_any_name_is_one_argument(project, stage, name):
    done = make(project, stage, f"RECIPE={name}")
    assert done.returncode == 0, done.stderr
    assert name in read_given(project)


@pytest.mark.parametrize("name", NAMES)
def test_data_of_any_name_is_one_argument(project, name):
    done = make(project, "data", f"ECINSTRUCT={name}", f"DEVSET={name}2")
    assert done.returncode == 0, done.stderr
    given = read_given(project)
    assert given[given.index("--source") + 1] == name
    assert given[given.index("--development-set") + 1] == f"{name}2"


@pytest.mark.parametrize("name", NAMES)
def test_the_demo_takes_data_with_blanks_and_refuses_what_make_can_not_follow(project, name):
    done = make(project, "demo", f"ECINSTRUCT={name}", "DEVSET=data.jsonl")
    assert done.returncode != 0
    assert f"error: {name} is missing" in done.stderr or "make demo can't follow files with such names" in done.stderr
    assert not (project / "mark").exists()


def test_the_demo_converts_a_file_with_a_blank_in_its_name(project):
    (project / "my rows.jsonl").touch()
    make(project, "demo", "ECINSTRUCT=my rows.jsonl", "DEVSET=data.jsonl")
    given = read_given(project)
    assert given[given.index("--source") + 1] == "my rows.jsonl"


@pytest.mark.parametrize("name", ["$(shell touch mark).yaml", "`touch mark`.yaml", "it's.yaml"])
def test_a_name_from_the_environment_is_taken_as_it_stands(project, name, monkeypatch):
    monkeypatch.setenv("RECIPE", name)
    assert make(project, "sft").returncode == 0
    assert name in read_given(project)

"""What a user gives to make as a file's name reaches the program as it is, and runs nothing."""

import os
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


def make_base(project, model):
    """Run the demo's first stage; return the result, and the demo's folder."""
    done = subprocess.run([shutil.which("cksum")], input=f"{model}\n", capture_output=True, text=True, check=True)
    folder = project / f"outputs/demo_{done.stdout.split()[0]}"
    return make(project, f"outputs/{folder.name}/.base", f"MODEL={model}"), folder


def change_later(file, mark):
    """Replace a file with an older one, at a later time than the mark's; a file system's clock ticks slowly."""
    while not file.exists() or file.stat().st_ctime_ns <= mark.stat().st_mtime_ns:
        new = mark.with_name("new")
        new.touch()
        os.utime(new, (1, 1))
        new.rename(file)


def write_model(folder):
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"chat_template": "x"}', encoding="utf-8")
    (folder / "model.safetensors").touch()


@pytest.mark.parametrize("name", ["my smollm2", "it's $(touch mark).gguf model", "-rf", ALL_AT_ONCE.replace("/", "")])
def test_a_model_folder_of_any_name_is_looked_up_and_not_downloaded(project, name):
    write_model(project / name)
    done, _ = make_base(project, name)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Looking for the model"), done.stderr
    assert not (project / "mark").exists()


@pytest.mark.parametrize("files", [("config.json",), ("model.safetensors",), ()])
def test_a_replaced_model_is_looked_at_again(project, files):
    write_model(project / "my model")
    done, folder = make_base(project, "my model")
    assert done.stdout
    for file in files:
        change_later(project / "my model" / file, folder / ".base")
    assert bool(make_base(project, "my model")[0].stdout) == bool(files)


def test_a_replaced_gguf_file_is_imported_again(project):
    (project / "my model.gguf").touch()
    done, folder = make_base(project, "my model.gguf")
    assert done.returncode != 0
    assert "error: MODEL= has no chat template; pass an instruction-tuned model" in done.stderr
    (folder / "base").mkdir()
    (folder / "base" / "chat_template.jinja").touch()
    for _ in range(2):
        assert make_base(project, "my model.gguf")[0].returncode == 0
    assert read_given(project).count("my model.gguf") == 2
    change_later(project / "my model.gguf", folder / ".base")
    make_base(project, "my model.gguf")
    assert read_given(project).count("my model.gguf") == 3


def test_a_model_folder_without_a_chat_template_is_refused_before_the_training(project):
    write_model(project / "model")
    (project / "model" / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    done, folder = make_base(project, "model")
    assert done.returncode != 0
    assert "error: MODEL= has no chat template; pass an instruction-tuned model" in done.stderr
    assert not (folder / ".base").exists()
    (project / "model" / "chat_template.jinja").touch()
    assert make_base(project, "model")[0].returncode == 0


@pytest.mark.parametrize("name", ["$(shell touch mark).yaml", "`touch mark`.yaml", "it's.yaml"])
def test_a_name_from_the_environment_is_taken_as_it_stands(project, name, monkeypatch):
    monkeypatch.setenv("RECIPE", name)
    assert make(project, "sft").returncode == 0
    assert name in read_given(project)

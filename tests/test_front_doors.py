"""What a new user meets first: make's targets, the locks, and the README's promises."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def run_make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/usr/bin/env", "make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_make_alone_prints_the_targets() -> None:
    printed = re.findall(r"^  make (\S+)", run_make().stdout, re.MULTILINE)
    promised = ["setup", "data", "sft", "export", "gptq", "predict", "evaluate", "demo", "test", "lint", "bench"]
    assert set(promised) <= set(printed)


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("sft", "llamafactory-cli train my.yaml seed=1"),
        ("export", "llamafactory-cli export my.yaml seed=1"),
        ("gptq", "llamafactory-cli export my.yaml seed=1"),
        ("predict", "shopbench predict --config my.yaml seed=1"),
        ("evaluate", "shopbench evaluate --config my.yaml seed=1"),
    ],
)
def test_a_stage_runs_the_recipe_it_is_given(target: str, command: str) -> None:
    assert command in run_make("--dry-run", target, "RECIPE=my.yaml", "ARGS=seed=1").stdout


def test_other_data_gets_a_data_set_and_a_folder_of_its_own(tmp_path: Path) -> None:
    rows, questions = tmp_path / "rows.jsonl", tmp_path / "questions.jsonl"
    rows.touch()
    questions.touch()
    planned = run_make("--dry-run", "demo", f"ECINSTRUCT={rows}", f"DEVSET={questions}").stdout
    assert len(set(re.findall(r"--name (demo_\d+)", planned))) == 1
    assert f"shopbench convert --source {rows}" in planned
    assert f"--input {questions}" in planned
    assert "outputs/demo/" not in planned


def test_missing_data_is_named(tmp_path: Path) -> None:
    done = run_make("demo", f"ECINSTRUCT={tmp_path}/absent.jsonl")
    assert done.returncode != 0
    assert f"error: {tmp_path}/absent.jsonl is missing; fix ECINSTRUCT= or DEVSET=" in done.stderr


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_a_lock_pins_every_package_and_names_no_index(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    assert len(lines) > 200
    assert [line for line in lines if not re.match(r"[A-Za-z0-9._-]+(\[.+\])?==[^ ]+( ;.*)?$", line)] == []


def test_every_recipe_that_the_readme_names_is_there() -> None:
    named = set(re.findall(r"`((?:sft|export|gptq|predict)/[a-z0-9_]+)(?:\.yaml)?`", README))
    named |= {path.removesuffix(".yaml") for path in re.findall(r"RECIPE=llamafactory_configs/(\S+)", README)}
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / "llamafactory_configs" / f"{name}.yaml").is_file()] == []


def test_every_command_that_the_readme_names_is_there() -> None:
    from shopbench_plugin.cli.main import app

    groups = {group.name for group in app.registered_groups}
    known = {command.name for command in app.registered_commands} | groups
    assert set(re.findall(r"shopbench ([a-z-]+)", README)) <= known


def test_the_demo_trains_at_the_papers_rank() -> None:
    recipe = yaml.safe_load((ROOT / "llamafactory_configs" / "sft" / "tiny_lora_cpu.yaml").read_text())
    assert (recipe["finetuning_type"], recipe["lora_rank"], recipe["template"]) == ("lora", 64, "qwen2_shopbench")

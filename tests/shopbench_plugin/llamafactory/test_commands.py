"""The commands around recipes and models, as a user calls them: what they print, one line when it goes wrong."""

import subprocess
import sys
from pathlib import Path

import pytest


def shopbench(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("shopbench")
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)


def test_plan_prints_what_fits() -> None:
    done = shopbench("plan", "--model", "Qwen2-72B", "--gpus", "4xT4", "--quant", "gptq-int4")
    assert done.returncode == 0
    assert "fits: 23 requests of 2048 tokens at once" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["plan", "--model", "Qwen2-7B", "--gpus", "many"], "error: --gpus 'many': write COUNTxGB or COUNTxNAME"),
        (["pad", "--model", "gone", "--output", "padded"], "error: gone: no such model folder; check the path"),
        (["check", "gone.yaml"], "error: gone.yaml: cannot be read (No such file or directory)"),
        (["clean-quantized", "--model", "gone"], "error: gone/config.json: cannot be read (No such file or directory)"),
    ],
)
def test_a_mistake_ends_in_one_line_and_status_1(arguments: list[str], error: str) -> None:
    done = shopbench(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(error)

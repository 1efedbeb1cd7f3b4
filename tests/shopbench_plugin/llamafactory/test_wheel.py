"""The wheel by itself: installed with its own dependencies, it goes from the sample's rows to a checked recipe."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RECIPE = "llamafactory_configs/sft/qwen2_7b_lora.yaml"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def programs(uv: Callable[..., None], wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("venv")
    uv("venv", "--python", sys.executable, "--allow-existing", folder)
    uv("pip", "install", "--python", folder, wheel)
    return folder / "bin"


def shopbench(programs: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "HF_HUB_OFFLINE"}}
    command = [str(programs / "shopbench"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=kept)


def test_the_wheel_goes_from_sample_rows_to_a_checked_recipe(programs: Path, tmp_path: Path) -> None:
    copied = shopbench(programs, tmp_path, "recipes", "--copy", ".")
    assert copied.returncode == 0, copied.stderr
    words = ["convert", "--source", "data/ecinstruct_sample.jsonl", "--output-dir", "data/generated"]
    converted = shopbench(programs, tmp_path, *words, "--name", "ecinstruct")
    assert converted.returncode == 0, converted.stderr
    checked = shopbench(programs, tmp_path, "check", RECIPE)
    assert (checked.returncode, checked.stdout) == (0, f"{RECIPE}: looks right\n"), checked.stderr
    [warning] = [line for line in checked.stderr.splitlines() if "LlamaFactory is not installed here" in line]
    assert warning.startswith(f"warning: {RECIPE}: ")
    (tmp_path / "data" / "generated" / "ecinstruct.jsonl").unlink()
    refused = shopbench(programs, tmp_path, "check", RECIPE)
    assert refused.returncode == 1
    assert "the file of dataset 'ecinstruct' is missing; run `shopbench convert`" in refused.stderr

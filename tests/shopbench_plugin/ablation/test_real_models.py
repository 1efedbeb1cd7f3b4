"""The command itself with vLLM on tiny models: killed once, then continued to its pages."""

import os
import signal
import sys
import time
from pathlib import Path

import orjson
import pytest

from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model
from tests.warm_start import VLLM_MODULES, start_warm

RECIPE = """
model: {folder}/tuned
untuned: {folder}/untuned
input: {questions}
development_set: {development_set}
output_dir: {folder}/ablation
engine: vllm
dtype: float32
max_model_len: 1024
enforce_eager: true
scoring: {{resamples: 200}}
"""


@pytest.fixture
def command(settings, tmp_path):
    texts = [orjson.loads(line)["input_field"] for line in settings.input.read_bytes().splitlines()]
    for seed, name in enumerate(("tuned", "untuned")):
        create_tiny_model(
            texts, tmp_path / name, TinyModelSettings(vocabulary_size=512, context_length=1024, seed=seed)
        )
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        RECIPE.format(folder=tmp_path, questions=settings.input, development_set=settings.development_set)
    )
    return [Path(sys.executable).with_name("shopbench"), "ablation", "--config", recipe]


def start(command, log):
    # A busy machine may need longer for chain of thought's expression than vLLM's five seconds.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "VLLM_REGEX_COMPILATION_TIMEOUT_S": "120"}
    with log.open("w") as output:
        streams = (output.fileno(), output.fileno())
        return start_warm(VLLM_MODULES, command, log.parent, environment, streams)


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
def test_a_killed_ablation_of_real_models_ends_with_both_pages(command, tmp_path):
    folder, log = tmp_path / "ablation", tmp_path / "log"
    process = start(command, log)
    while process.poll() is None and not (folder / "full.jsonl").exists():
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "ablation.md").exists()
    assert start(command, log).wait() == 0, log.read_text()
    lines = [line for line in log.read_text().splitlines() if not line.startswith("loading ")]
    assert lines[0].startswith("full system: complete, answered before")
    assert [line.split(",")[0] for line in lines[1:-1]] == [
        f"{name}: 32 questions answered"
        for name in ("untuned", "zero-shot", "no constraints", "chain of thought", "label calibration")
    ]
    table = (folder / "ablation.md").read_text(encoding="utf-8")
    constrained = next(line for line in table.splitlines() if line.startswith("| no post-processing |"))
    assert constrained.count("| 0 of 32 (") == 2
    assert (folder / "ablation.html").stat().st_size > 1_000_000

"""A tiny base with two adapters of random updates, and multiple choices of two tracks."""

import json
from pathlib import Path

import pytest

from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model
from shopbench_plugin.scoring import ScoringSettings
from shopbench_plugin.sweep.settings import SweepSettings

TRACKS = ("amazon-kdd-cup-24-understanding-shopping-concepts", "amazon-kdd-cup-24-user-behavior-alignment")


def write_adapter(base: Path, folder: Path, seed: int, rank: int) -> Path:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, set_seed

    set_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
    settings = {"r": rank, "lora_alpha": 2 * rank, "target_modules": ["q_proj", "v_proj"], "init_lora_weights": False}
    get_peft_model(model, LoraConfig(**settings, task_type="CAUSAL_LM")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """A folder with `base`, its adapters `first` and `second` of one rank and `wide` of another."""
    folder = tmp_path_factory.mktemp("models")
    create_tiny_model(["Which of these is a drink?\n0. tea\n1. soap\nAnswer: 1"], folder / "base", TinyModelSettings())
    for seed, (name, rank) in enumerate({"first": 4, "second": 4, "wide": 6}.items()):
        write_adapter(folder / "base", folder / name, seed, rank)
    return folder


@pytest.fixture
def questions(tmp_path) -> Path:
    rows = [
        {
            "input_field": f"Which of these is a drink, says shop {number}?\n0. pan\n1. tea\n2. soap\nAnswer: ",
            "output_field": number % 3,
            "task_name": f"task{number % 2 + 1}",
            "task_type": "multiple-choice",
            "metric": "accuracy",
            "is_multiple_choice": True,
            "track": TRACKS[number % 2],
        }
        for number in range(12)
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def settings(models, questions, tmp_path) -> SweepSettings:
    return SweepSettings(
        engine=TransformersSettings(model=str(models / "base"), dtype="float32"),
        candidates={"first": models / "first", "second": models / "second"},
        weights=[{"first": 1, "second": 0}, {"first": 0.5, "second": 0.5}],
        scales=[0, 0.5, 1],
        input=questions,
        output_dir=tmp_path / "sweep",
        folds=3,
        scoring=ScoringSettings(resamples=200),
    )

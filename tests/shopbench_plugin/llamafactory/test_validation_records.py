"""What a validated training leaves is read again, and the best checkpoint is the earliest with the highest score."""

from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory.validation_records import (
    Validation,
    count_rounds_without_gain,
    find_best,
    keep_best_checkpoint,
    read_validations,
    write_validations,
)

ROUNDS = [Validation(step, score, {"task1": score}, 1.5) for step, score in ((4, 0.25), (8, 0.5), (12, 0.5), (16, 0.0))]


def test_the_best_round_is_the_first_with_the_highest_score() -> None:
    assert find_best(ROUNDS) == ROUNDS[1]
    assert find_best([]) is None


def test_rounds_without_gain_are_counted_from_the_best() -> None:
    assert [count_rounds_without_gain(ROUNDS[:count]) for count in range(5)] == [0, 0, 0, 1, 2]


def test_a_resumed_training_reads_the_rounds_before_its_step(tmp_path: Path) -> None:
    write_validations(tmp_path, ROUNDS, [{"step": 1, "loss": 2.0}, {"step": 2, "eval_loss": 1.0}])
    assert read_validations(tmp_path, before=8) == ROUNDS[:2]
    assert read_validations(tmp_path / "absent", before=8) == []
    assert (tmp_path / "validation.png").read_bytes().startswith(b"\x89PNG")


def test_the_best_checkpoint_keeps_model_files_and_leaves_optimizer_states(tmp_path: Path) -> None:
    for step in (4, 8):
        checkpoint = tmp_path / f"checkpoint-{step}"
        (checkpoint / "global_step").mkdir(parents=True)
        for name in ("adapter_model.safetensors", "adapter_config.json", "optimizer.pt", "trainer_state.json"):
            (checkpoint / name).write_text(f"{name} {step}")
        keep_best_checkpoint(tmp_path, step)
    kept = {path.name: path.read_text() for path in (tmp_path / "best").iterdir()}
    assert kept == {
        "adapter_model.safetensors": "adapter_model.safetensors 8",
        "adapter_config.json": "adapter_config.json 8",
    }


@pytest.mark.model
@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_number_that_is_none_is_one_line(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    from shopbench_plugin.llamafactory.validation import read_validation_settings

    monkeypatch.setenv("SHOPBENCH_VALIDATION", "questions.jsonl")
    monkeypatch.setenv("SHOPBENCH_VALIDATION_EVERY", value)
    with pytest.raises(ShopBenchError, match=f"SHOPBENCH_VALIDATION_EVERY is '{value}'; set a whole number"):
        read_validation_settings()

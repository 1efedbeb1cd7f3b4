"""When a validated training saves and stops, and what ends it before it begins; the scores are set here."""

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory import validation
from shopbench_plugin.llamafactory.validation import ValidationCallback, ValidationSettings, add_validation

pytestmark = pytest.mark.model

QUESTION = {
    "input_field": "Is it dry?\n0. no\n1. yes\nAnswer: ",
    "output_field": 1,
    "task_name": "task1",
    "task_type": "multiple-choice",
    "metric": "accuracy",
    "is_multiple_choice": True,
}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(QUESTION) + "\n")
    return path


def run_steps(
    monkeypatch: pytest.MonkeyPatch, output: Path, settings: ValidationSettings, scores: list[float], steps: int
) -> tuple[list[int], int]:
    """Return the steps after which a checkpoint is saved, and the last step."""
    left = iter(scores)
    monkeypatch.setattr(validation, "_score", lambda *_: (next(left), {}))
    callback, saved, step = ValidationCallback(settings), [], 0
    args = SimpleNamespace(output_dir=str(output))
    for step in range(1, steps + 1):
        state = SimpleNamespace(global_step=step, max_steps=steps, log_history=[], is_world_process_zero=True)
        control = SimpleNamespace(should_save=False, should_training_stop=False)
        callback.on_step_end(args, state, control, model=None, processing_class=None)
        saved += [step] * control.should_save
        if control.should_training_stop:
            break
    return saved, step


def test_every_and_patience_decide_when_it_validates_saves_and_stops(
    monkeypatch: pytest.MonkeyPatch, questions: Path, tmp_path: Path
) -> None:
    scores = [0.2, 0.5, 0.4, 0.5, 0.9]
    to_the_end = ValidationSettings(questions, every=2)
    assert run_steps(monkeypatch, tmp_path, to_the_end, scores, 9) == ([2, 4, 9], 9)
    assert run_steps(monkeypatch, tmp_path, replace(to_the_end, patience=2), scores, 9) == ([2, 4], 8)
    rounds = [json.loads(line) for line in (tmp_path / "validation.jsonl").read_text().splitlines()]
    assert [(one["step"], one["score"]) for one in rounds] == [(2, 0.2), (4, 0.5), (6, 0.4), (8, 0.5)]


def test_a_file_without_references_ends_the_training_before_it_begins_in_one_line(
    monkeypatch: pytest.MonkeyPatch, questions: Path
) -> None:
    questions.write_text(json.dumps({name: QUESTION[name] for name in ("input_field", "is_multiple_choice")}) + "\n")
    message = f"{questions}:1: no 'output_field'; every row of a development set needs it"
    with pytest.raises(ShopBenchError) as caught:
        ValidationCallback(ValidationSettings(questions))
    assert str(caught.value) == message
    tuner, started = ModuleType("tuner"), []
    tuner.run_exp = lambda *_: started.append(1)  # type: ignore[attr-defined]
    add_validation(tuner)
    monkeypatch.setenv("SHOPBENCH_VALIDATION", str(questions))
    with pytest.raises(SystemExit) as ended:
        tuner.run_exp()
    assert (str(ended.value), started) == (f"error: {message}", [])

"""Answers that LlamaFactory itself generates (do_predict) are scored by `shopbench evaluate`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from tests.shopbench_plugin.conftest import TrainedModel, run_llamafactory

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("llamafactory")]


def write_questions(rows: Path, questions: Path) -> list[str]:
    """Write rows of LlamaFactory's as a development set; return the right answers."""
    dialogues = [json.loads(line) for line in rows.read_text().splitlines()]
    fields = {"task_name": "task1", "task_type": "multiple-choice", "metric": "accuracy", "is_multiple_choice": True}
    fields["track"] = "amazon-kdd-cup-24-understanding-shopping-concepts"
    lines = ({"input_field": row["instruction"], "output_field": int(row["output"]), **fields} for row in dialogues)
    questions.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return [row["output"] for row in dialogues]


def test_what_do_predict_writes_is_scored(trained_model: TrainedModel, tiny_held_out: Path, tmp_path: Path) -> None:
    run_llamafactory(
        "train",
        "sft/qwen2_7b_lora.yaml",
        f"model_name_or_path={trained_model.base}",
        f"adapter_name_or_path={trained_model.adapter}",
        "do_train=false",
        "do_predict=true",
        "predict_with_generate=true",
        f"dataset_dir={tiny_held_out.parent}",
        "dataset=null",
        "eval_dataset=dialogues",
        "val_size=0",
        "eval_strategy='no'",
        "neat_packing=false",
        "preprocessing_num_workers=1",
        "max_new_tokens=4",
        f"output_dir={tmp_path}",
        "per_device_eval_batch_size=8",
        "plot_loss=false",
        "bf16=false",
        "use_cpu=true",
    )
    questions, scores = tmp_path / "questions.jsonl", tmp_path / "scores.json"
    answers = write_questions(tiny_held_out, questions)
    predictions = tmp_path / "generated_predictions.jsonl"
    files = ["--predictions", str(predictions), "--reference", str(questions), "--json", str(scores)]
    result = CliRunner().invoke(app, ["evaluate", *files, "--resamples", "0"])
    assert result.exit_code == 0, result.output
    given = [json.loads(line)["predict"].strip()[:1] for line in predictions.read_text().splitlines()]
    right = sum(one == two for one, two in zip(given, answers, strict=True))
    [task] = json.loads(scores.read_text())["tasks"].values()
    assert (task["questions"], task["score"]) == (24, pytest.approx(right / 24))

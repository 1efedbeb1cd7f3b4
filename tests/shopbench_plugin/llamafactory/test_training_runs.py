"""The paper's ways of training, for real on a tiny model: each with the recipe of the bundle, cut down by overrides.

The losses are compared step by step with reference values. All ways start from the same weights and see the same rows
in the same order, so the ways that only share the work out must give the losses of the plain LoRA run.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.models.chat_template import SHOPPING_SYSTEM_PROMPT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("llamafactory")]

Train = Callable[..., list[float]]
Environment = dict[str, str]

CONFIGS = Path(__file__).resolve().parents[3] / "llamafactory_configs"
# Taken from single processes on two x86-64 cores in float32; torchrun and ZeRO-3 with two processes came within 1e-6 of
# them there. Other processors sum in another order, which Adam enlarges where a gradient is near zero: 2 % leaves room
# for that, and is far less than the loss changes from step to step.
PLAIN_LORA = [6.346, 6.308, 5.503, 4.559, 4.998, 3.803, 3.534, 3.469]
LORA_WITHOUT_EMBEDDINGS = [6.346, 6.308, 5.369, 4.756, 4.527, 4.313, 4.221, 4.230]
QLORA = [6.313, 6.276, 5.504, 4.583, 4.645, 3.749, 3.494, 3.423]
GALORE = [6.346, 5.515, 4.836, 4.123, 3.563, 3.036, 2.577, 2.127]
TOLERANCE = 0.02
TWO_PROCESSES = {"FORCE_TORCHRUN": "1", "NPROC_PER_NODE": "2", "OMP_NUM_THREADS": "1"}
SHARED_OUT = ("ddp_backend=gloo", "per_device_train_batch_size=4")
VALIDATED_STEPS = [4, 8]
ZERO3_ON_GLOO = {"DS_ACCELERATOR": "cpu", "PYTHONPATH": str(Path(__file__).with_name("gloo_in_order"))}


@pytest.fixture
def validated(tiny_held_out: Path, tmp_path: Path) -> Environment:
    """What the environment asks for where a training is to be validated every four steps."""
    rows = [json.loads(line) for line in tiny_held_out.read_text().splitlines()]
    questions = [
        {
            "input_field": row["instruction"],
            "output_field": int(row["output"]),
            "task_name": "task1",
            "task_type": "multiple-choice",
            "metric": "accuracy",
            "is_multiple_choice": True,
        }
        for row in rows
    ]
    file = tmp_path / "validation_questions.jsonl"
    file.write_text("".join(json.dumps(question) + "\n" for question in questions))
    return {"SHOPBENCH_VALIDATION": str(file), "SHOPBENCH_VALIDATION_EVERY": "4"}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where `train` lets LlamaFactory write."""
    return tmp_path / "output"


def assert_validated(output: Path) -> None:
    """Check what validation leaves; that it changes no step is what the losses show."""
    rounds = [json.loads(line) for line in (output / "validation.jsonl").read_text().splitlines()]
    assert [one["step"] for one in rounds] == VALIDATED_STEPS
    assert all(0 <= one["score"] <= 1 for one in rounds)
    best = max(rounds, key=lambda one: one["score"])
    assert (output / "validation.png").read_bytes().startswith(b"\x89PNG")
    kept = {path.name: path.read_bytes() for path in (output / "best").glob("*.safetensors")}
    checkpoint = output / f"checkpoint-{best['step']}"
    assert kept == {path.name: path.read_bytes() for path in checkpoint.glob("*.safetensors")}
    assert kept


def test_lora(trained_model: Any) -> None:
    assert trained_model.losses == pytest.approx(PLAIN_LORA, rel=TOLERANCE)
    # Random weights know nothing of the 512 tokens, and then learn.
    assert trained_model.losses[0] == pytest.approx(math.log(512), abs=0.2)


def test_qlora_begins_near_plain_lora_for_only_frozen_weights_are_rounded(
    train: Train, validated: dict[str, str], output: Path
) -> None:
    losses = train("sft/qwen2_72b_qlora.yaml", **validated)
    assert losses == pytest.approx(QLORA, rel=TOLERANCE)
    assert losses[0] == pytest.approx(PLAIN_LORA[0], rel=0.01)
    assert_validated(output)


def test_galore_begins_like_lora_and_learns_faster_with_all_weights(
    train: Train, validated: dict[str, str], output: Path
) -> None:
    losses = train("sft/qwen2_7b_galore.yaml", "pure_bf16=false", "optim=adamw_torch", "galore_rank=32", **validated)
    assert losses == pytest.approx(GALORE, rel=TOLERANCE)
    assert losses[0] == pytest.approx(PLAIN_LORA[0], rel=0.001)
    assert_validated(output)


def test_two_processes_of_torchrun_make_the_same_steps_as_one(
    train: Train, validated: dict[str, str], output: Path
) -> None:
    losses = train("sft/qwen2_7b_lora.yaml", *SHARED_OUT, **TWO_PROCESSES, **validated)
    assert losses == pytest.approx(PLAIN_LORA, rel=TOLERANCE)
    assert_validated(output)


def test_deepspeed_zero3_makes_the_same_steps_as_one_process(
    train: Train, validated: dict[str, str], output: Path
) -> None:
    """DeepSpeed 0.18.4 can't train modules beside LoRA under ZeRO-3, and with `use_cpu` it isn't set up in time."""
    alone = ("additional_target=null", "use_cpu=false")
    losses = train("sft/qwen2_72b_lora_zero3.yaml", *SHARED_OUT, *alone, **TWO_PROCESSES, **ZERO3_ON_GLOO, **validated)
    assert losses == pytest.approx(LORA_WITHOUT_EMBEDDINGS, rel=TOLERANCE)
    assert_validated(output)


def test_fsdp2_makes_the_same_steps_as_one_process(
    train: Train, validated: dict[str, str], output: Path, tmp_path: Path
) -> None:
    settings = json.loads((CONFIGS / "accelerate" / "fsdp2.json").read_text())
    file = tmp_path / "accelerate.json"
    file.write_text(json.dumps(settings | {"num_processes": 2, "mixed_precision": "no", "use_cpu": True}))
    alone = ("additional_target=null", *SHARED_OUT)
    losses = train("sft/qwen2_72b_lora_fsdp2.yaml", *alone, accelerate=file, OMP_NUM_THREADS="1", **validated)
    assert losses == pytest.approx(LORA_WITHOUT_EMBEDDINGS, rel=TOLERANCE)
    assert_validated(output)


def test_a_merged_model_carries_the_template_it_was_trained_with(merged_model: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(merged_model)
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": "Is it dry?"}], tokenize=False)
    assert prompt == (
        f"<|im_start|>system\n{SHOPPING_SYSTEM_PROMPT}<|im_end|>\n<|im_start|>user\nIs it dry?<|im_end|>\n"
    )


def test_gptq_keeps_4_bits_of_the_linear_layers(quantized_model: Path) -> None:
    settings = json.loads((quantized_model / "config.json").read_text())["quantization_config"]
    assert (settings["bits"], settings["group_size"], settings["quant_method"]) == (4, 128, "gptq")

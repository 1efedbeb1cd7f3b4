"""On random settings the conditions that are read from LlamaFactory's source decide as LlamaFactory's parser does."""

import os
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.machine import look_at_machine
from shopbench_plugin.llamafactory.checks.recipe import Recipe
from shopbench_plugin.llamafactory.checks.rules import find_refused_combinations

RIGHT = {"model_name_or_path": "org/model", "dataset": "a", "do_train": True, "use_cpu": True, "report_to": "none"}
CHOICES: Mapping[str, tuple[Any, ...]] = {
    "stage": ("sft", "pt", "dpo", "rm", "kto", "ppo"),
    "finetuning_type": ("lora", "full", "freeze", "oft"),
    "dataset": ("a", "a,b"),
    "eval_dataset": ("b", "b,c"),
    "val_size": (0.1, 5),
    "interleave_probs": ("0.5,0.5", "1"),
    "mix_strategy": ("concat", "interleave_under"),
    "max_samples": (5,),
    "max_steps": (10,),
    "eval_strategy": ("no", "steps", "epoch"),
    "save_strategy": ("no", "steps", "epoch", "best"),
    "eval_steps": (5, 10, 0.2),
    "save_steps": (10, 15, 0.1),
    "logging_steps": (0, 0.5, 2.5),
    "warmup_steps": (-1, 3),
    "dataloader_num_workers": (0, 2),
    "dataloader_prefetch_factor": (2,),
    "torch_empty_cache_steps": (0, 3),
    "lr_scheduler_type": ("cosine", "reduce_lr_on_plateau", "greedy"),
    "fsdp": ("full_shard", "offload", ["full_shard", "shard_grad_op"], True),
    "quantization_bit": (4,),
    "quantization_device_map": ("auto",),
    "adapter_name_or_path": ("x", "x,y"),
    "infer_backend": ("huggingface", "vllm"),
    "report_to": ("tensorboard", ["wandb", "mlflow"]),
    "ref_model_quantization_bit": (4, 5),
    "pref_loss": ("sigmoid", "orpo"),
    "dpo_label_smoothing": (0.1,),
    "reward_model": ("r",),
    "reward_model_type": ("full", "lora", "oft"),
    "loraplus_lr_ratio": (16.0,),
}
FLAGS = (
    *("streaming", "use_galore", "use_apollo", "use_badam", "galore_layerwise", "use_dora", "use_rslora", "pissa_init"),
    *("predict_with_generate", "do_predict", "do_eval", "load_best_model_at_end", "compute_accuracy", "neat_packing"),
    *("mask_history", "train_on_prompt", "resize_vocab", "create_new_adapter", "use_llama_pro", "shift_attn", "fp8"),
    *("bf16", "fp16", "bf16_full_eval", "fp16_full_eval", "use_unsloth"),
)


def draw(chance: random.Random) -> dict[str, Any]:
    values = {**CHOICES, **dict.fromkeys(FLAGS, (True,))}
    return RIGHT | {key: chance.choice(values[key]) for key in chance.sample(list(values), chance.randint(0, 6))}


def ask_llamafactory(settings: dict[str, Any]) -> str:
    """Return the beginning of the parser's reason to refuse the settings; "" if it accepts them."""
    from llamafactory.hparams import get_train_args

    with patch.dict(os.environ):
        try:
            get_train_args(settings)
        except ImportError:
            return "requires the package"
        except (ValueError, AssertionError) as error:
            reason = re.sub(r"\w+Strategy\.(\w+)", lambda member: member[1].lower(), str(error))
            return " ".join(reason.replace("`", "").split()).removeprefix("--")[:40]
    return ""


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
def test_the_check_refuses_what_llamafactorys_parser_refuses_and_nothing_else(tmp_path: Path) -> None:
    chance, machine, refused = random.Random(16), look_at_machine(), 0
    for _ in range(200):
        settings = draw(chance) | {"output_dir": str(tmp_path / "new")}
        reason = ask_llamafactory(dict(settings))
        found = [one.text for one in find_refused_combinations(Facts(Recipe(settings), machine))]
        assert any(reason in text for text in found) if reason else found == [], (settings, reason, found)
        refused += bool(reason)
    assert 60 < refused < 160

"""`shopbench check` on recipes that are right but for mistakes chosen from a table: each is named, and nothing else.

Bytes: the kind of recipe, then harmless choices, then mistakes by their number in the table.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from fuzz.rules import expect
from shopbench_plugin.llamafactory.checks.facts import gather_facts
from shopbench_plugin.llamafactory.checks.recipe import Recipe
from shopbench_plugin.llamafactory.checks.registry import find_all
from shopbench_plugin.models.chat_template import write_chat_template

_ROW = {"instruction": "Is it good?", "input": "A kettle", "output": "yes"}
_WEIGHTS = ("embed_tokens", "layers.0.self_attn.q_proj", "layers.0.self_attn.v_proj", "layers.0.mlp.down_proj")
# Settings that mean the same, or that no mistake depends on.
_HARMLESS_ANYWHERE: tuple[tuple[Mapping[str, Any], ...], ...] = (
    ({}, {"cutoff_len": 4096}, {"packing": True}),
    ({}, {"lora_rank": 64}, {"lora_dropout": 0.05}),
    ({}, {"template": "qwen2"}, {"template": "qwen2_shopbench"}),
)
_HARMLESS: tuple[tuple[Mapping[str, Any], ...], ...] = (
    *_HARMLESS_ANYWHERE,
    ({}, {"learning_rate": "1e-4"}, {"learning_rate": 1e-5}),
    ({}, {"num_train_epochs": 1}, {"num_train_epochs": 2.5}),
    ({}, {"logging_steps": 5}, {"logging_steps": None}),
    ({}, {"plot_loss": False}, {"report_to": "none"}),
    ({}, {"warmup_ratio": 0.1}, {"seed": 7}),
)
_DATASETS: tuple[Any, ...] = ("shop", ["shop"], " shop , shop", ["shop", "other"])


@dataclass(frozen=True, slots=True)
class Mistake:
    """Settings that make a recipe wrong, what every message on it must hold, and the kinds of recipe it is one in."""

    said: str
    settings: Mapping[str, Any]
    kinds: tuple[str, ...] = ("train",)


_LONG = {"export_quantization_maxlen": 100_000, "export_quantization_dataset": "calibration.jsonl"}
_ALL = ("train", "export", "quantize")
MISTAKES = (
    Mistake("'lora_rnk', did you mean 'lora_rank'", {"lora_rnk": 8}, _ALL),
    Mistake("'lora_rank' must be a whole number", {"lora_rank": 6.5}, _ALL),
    Mistake("'template' is 7", {"template": 7}, _ALL),
    Mistake("unknown template 'qwen9'", {"template": "qwen9"}, _ALL),
    Mistake("'do_train' is missing", {"do_train": False}),
    Mistake("has no layer 'v_porj', did you mean 'v_proj'", {"lora_target": "q_proj,v_porj"}),
    Mistake("'resume_from_checkpoint': no such folder: gone", {"resume_from_checkpoint": "gone"}),
    Mistake("val_size", {"val_size": 0.1, "eval_dataset": "shop"}),
    Mistake(
        "'eval_strategy': LlamaFactory rejects this: Please make sure eval_dataset",
        {"eval_strategy": "steps", "val_size": 0.0},
    ),
    Mistake("requires the save and eval strategy to match", {"load_best_model_at_end": True, "eval_strategy": "no"}),
    Mistake("'early_stopping_steps' requires", {"early_stopping_steps": 3, "load_best_model_at_end": False}),
    Mistake("write 'no'", {"save_strategy": False, "load_best_model_at_end": False}),
    Mistake("'flash_attn': unknown value 'fa5', did you mean", {"flash_attn": "fa5"}, _ALL),
    Mistake("'lora_dropout' is 1.5, but must be", {"lora_dropout": 1.5}, _ALL),
    Mistake("'max_steps' is for training", {"max_steps": 9}, ("export", "quantize")),
    Mistake("AutoGPTQ only accepts 2/3/4/8-bit", {"export_quantization_bit": 5}, ("quantize",)),
    Mistake("vLLM/SGLang backend is only available for", {"infer_backend": "vllm"}),
    Mistake("Please specify max_steps in streaming mode", {"streaming": True}),
    Mistake(
        "Quantization is only compatible with the LoRA or OFT",
        {"quantization_bit": 4, "finetuning_type": "full", "lora_target": "all"},
    ),
    Mistake("'optim': unknown value 'adamw_troch', did you mean", {"optim": "adamw_troch"}),
    Mistake("'lr_scheduler_type': unknown value 'cosin'", {"lr_scheduler_type": "cosin"}),
    Mistake("'deepspeed': no such file: gone.json", {"deepspeed": "gone.json"}),
    Mistake("'per_device_train_batch_size' is 0", {"per_device_train_batch_size": 0}),
    Mistake("At most one of fp16 and bf16 can be True", {"fp16": True, "bf16": True}),
    Mistake("unsloth", {"use_unsloth": True}),
    Mistake("wandb", {"report_to": "wandb"}),
    Mistake("unknown dataset 'shp', did you mean 'shop'", {"dataset": "shp"}),
    Mistake("unknown key 'prompts' in 'columns', did you mean 'prompt'", {"dataset": "typo"}),
    Mistake("raw", {"dataset": "raw"}),
    Mistake("contains JSON, but .txt files are loaded as plain text", {"dataset": "text"}),
    Mistake("'model_name_or_path' is missing", {"model_name_or_path": "", "lora_target": "all"}, _ALL),
    Mistake("gone: no such model folder", {"model_name_or_path": "gone/", "lora_target": "all"}, _ALL),
    Mistake(
        "is the folder of model_name_or_path",
        {"export_dir": "base", "model_name_or_path": "base"},
        ("export", "quantize"),
    ),
    Mistake("'quantization_bit' is for training", {"quantization_bit": 4}, ("export", "quantize")),
    Mistake("'export_quantization_dataset' is missing", {"export_quantization_dataset": ""}, ("quantize",)),
    Mistake("no text is longer than export_quantization_maxlen", _LONG, ("quantize",)),
)


def check_known_recipe(content: bytes) -> None:
    """Each mistake of the recipe is named in one line, and nothing that is right is."""
    recipe, mistakes = _choose(content)
    problems = [finding.text for finding in find_all(gather_facts(recipe)) if not finding.is_warning]
    for mistake in mistakes:
        expect(any(mistake.said in text for text in problems), "a mistake is not told", mistake.said, problems)
    known = [word for mistake in mistakes for word in (mistake.said, *mistake.settings)]
    for text in problems:
        expect(len(text.splitlines()) == 1, "a problem has several lines", text)
        expect(any(word in text for word in known), "what is right is refused", text, dict(recipe.settings))


def _choose(content: bytes) -> tuple[Recipe, list[Mistake]]:
    numbers = iter(content + bytes(32))
    kind = ("train", "export", "quantize")[next(numbers) % 3]
    settings = dict(_make_right(kind, _DATASETS[next(numbers) % len(_DATASETS)]))
    for choices in _HARMLESS if kind == "train" else _HARMLESS_ANYWHERE:
        settings |= choices[next(numbers) % len(choices)]
    possible = [mistake for mistake in MISTAKES if kind in mistake.kinds]
    mistakes: list[Mistake] = []
    for _ in range(next(numbers) % 4):
        mistake = possible[next(numbers) % len(possible)]
        if not any(set(mistake.settings) & set(other.settings) for other in mistakes):
            mistakes.append(mistake)
            settings |= {key: _place(value) for key, value in mistake.settings.items()}
    return Recipe(settings), mistakes


def _place(value: Any) -> Any:
    return str(_make_project() / value) if isinstance(value, str) and value in {"base", "calibration.jsonl"} else value


def _make_right(kind: str, dataset: Any) -> Iterator[tuple[str, Any]]:
    folder = _make_project()
    yield "model_name_or_path", str(folder / "base")
    if kind == "train":
        yield from {"do_train": True, "dataset": dataset, "dataset_dir": str(folder), "use_cpu": True}.items()
        yield from {"lora_target": "all", "output_dir": str(folder / "adapter")}.items()
    else:
        yield "export_dir", str(folder / "export")
    if kind == "quantize":
        yield "export_quantization_bit", 4
        yield "export_quantization_dataset", str(folder / "calibration.jsonl")


@cache
def _make_project() -> Path:
    """Write a base model, datasets right and wrong, and a calibration file; they go with the process."""
    folder = Path(_temporary.name)
    base = folder / "base"
    base.mkdir()
    (base / "config.json").write_text('{"model_type": "qwen2"}')
    template = {"eos_token": "<|im_end|>", "chat_template": write_chat_template()}
    (base / "tokenizer_config.json").write_text(json.dumps(template))
    weights = {f"model.{name}.weight": np.zeros((8, 8), np.float16) for name in _WEIGHTS}
    save_file(weights | {"lm_head.weight": np.ones((8, 8), np.float16)}, base / "model.safetensors")
    (folder / "shop.jsonl").write_text(json.dumps(_ROW))
    (folder / "text.txt").write_text(json.dumps([_ROW]))
    (folder / "raw.jsonl").write_text(json.dumps(_ROW | {"task": "Answer_Generation", "options": ""}))
    (folder / "calibration.jsonl").write_text(json.dumps({"text": "word " * 400}))
    columns = {"prompts": "instruction", "query": "input", "response": "output"}
    entries = {name: {"file_name": "shop.jsonl"} for name in ("shop", "other")}
    entries |= {"raw": {"file_name": "raw.jsonl"}, "text": {"file_name": "text.txt"}}
    info = entries | {"typo": {"file_name": "shop.jsonl", "columns": columns}}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return folder


_temporary = tempfile.TemporaryDirectory(prefix="fuzz-recipes-")

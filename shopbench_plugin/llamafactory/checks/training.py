"""Training settings that contradict each other, or that LlamaFactory silently ignores."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.known_keys import find_package
from shopbench_plugin.llamafactory.checks.recipe import Kind, Recipe

# LlamaFactory's argument classes that import nothing heavy: their own rules are run, not repeated here.
_ARGUMENTS = {"data_args": "DataArguments", "finetuning_args": "FinetuningArguments"}
_BITSANDBYTES = (4, 8)
_LOADED_UNQUANTIZED = ("fp8", "mxfp4")


def find_refused_arguments(facts: Facts) -> Iterator[Finding]:
    """Settings that LlamaFactory's argument classes reject: val_size with eval_dataset, use_galore with lora, etc."""
    for module, name in _ARGUMENTS.items():
        kind = _load_arguments(module, name)
        known = {one.name for one in fields(kind)}
        values = {key: _read_number(value) for key, value in facts.recipe.settings.items() if key in known}
        try:
            kind(**values)
        except ValueError as error:
            yield Finding(f"LlamaFactory rejects the settings: {' '.join(str(error).replace('`', '').split())}")
        except (TypeError, AttributeError, AssertionError):  # a wrong type or choice, which another check reports
            continue


def _load_arguments(module: str, name: str) -> Any:
    """Load one file of LlamaFactory on its own; importing the package would import torch."""
    own_name = f"_shopbench_llamafactory_{module}"
    if own_name not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            own_name, find_package("llamafactory") / "hparams" / f"{module}.py"
        )
        if spec is None or spec.loader is None:
            raise ImportError(own_name)
        loaded = importlib.util.module_from_spec(spec)
        sys.modules[own_name] = loaded  # dataclasses look up their module
        spec.loader.exec_module(loaded)
    return getattr(sys.modules[own_name], name)


def _read_number(value: Any) -> Any:
    """Convert a number that YAML reads as a string, such as 1e-4, as LlamaFactory's reader does."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def find_missing_data(facts: Facts) -> Iterator[Finding]:
    """Stages that have no data."""
    recipe = facts.recipe
    if recipe.kind is not Kind.TRAIN:
        return
    has_evaluation = bool(recipe.names("eval_dataset")) or (recipe.number("val_size") or 0) > 0
    if recipe.flag("do_train") and not recipe.names("dataset"):
        yield Finding("'do_train' requires a 'dataset'; name one from dataset_info.json")
    for key in ("do_eval", "do_predict", "predict_with_generate"):
        if recipe.flag(key) and not has_evaluation:
            yield Finding(f"'{key}' has no data; set eval_dataset or val_size")
    if _evaluates(recipe) and not has_evaluation:
        yield Finding("'eval_strategy' has no data to evaluate on; set eval_dataset or val_size")
    if recipe.flag("do_predict") and not recipe.flag("predict_with_generate"):
        yield Finding("'do_predict' writes answers only with predict_with_generate: true; add it")
    if recipe.flag("streaming") and (recipe.number("max_steps") or 0) <= 0:
        yield Finding("'streaming' requires 'max_steps', because the number of rows is unknown; set it")


def find_unchosen_checkpoint(facts: Facts) -> Iterator[Finding]:
    """Choosing the best of checkpoints that are never compared."""
    recipe = facts.recipe
    if not recipe.flag("load_best_model_at_end"):
        return
    if not _evaluates(recipe):
        yield Finding("'load_best_model_at_end' requires evaluations; set eval_strategy and eval_steps")
        return
    saving = recipe.text("save_strategy", "steps")
    if saving not in (recipe.text("eval_strategy"), "best"):
        yield Finding(
            f"'load_best_model_at_end': save_strategy is {saving}, eval_strategy {recipe.text('eval_strategy')}; "
            "set both to the same value"
        )


def _evaluates(recipe: Recipe) -> bool:
    return recipe.text("eval_strategy", "no") != "no" and recipe.settings.get("eval_strategy") is not False


def find_mixed_precisions(facts: Facts) -> Iterator[Finding]:
    """Both 16-bit types, or one that the machine lacks."""
    recipe, machine = facts.recipe, facts.machine
    if recipe.flag("fp16") and (recipe.flag("bf16") or recipe.flag("pure_bf16")):
        yield Finding("'fp16' and 'bf16' are both true; keep one")
    if recipe.flag("fp16") and recipe.flag("use_cpu"):
        yield Finding("'fp16' needs a GPU (accelerate refuses it on a CPU); set fp16: false")
    wanted = next((key for key in ("bf16", "pure_bf16") if recipe.flag(key)), None)
    if wanted is None or recipe.kind is not Kind.TRAIN or machine.has_bfloat16:
        return
    if recipe.flag("use_cpu") and wanted == "bf16":
        return
    remedy = "fp16: true" if machine.has_gpu else f"{wanted}: false and use_cpu: true"
    # A recipe for a hub model that is checked on a laptop will run elsewhere.
    yield Finding(
        f"'{wanted}': this machine has no GPU with bfloat16, so LlamaFactory rejects it here; set {remedy}",
        is_warning=not machine.has_gpu and facts.base is None,
    )


def find_wrong_quantization(facts: Facts) -> Iterator[Finding]:
    """QLoRA's key in a recipe whose weights must not be quantized."""
    recipe = facts.recipe
    if recipe.settings.get("quantization_bit") is None:
        return
    method, bits = recipe.text("finetuning_type", "lora"), recipe.number("quantization_bit")
    if recipe.kind in (Kind.EXPORT, Kind.QUANTIZE):
        yield Finding(
            "'quantization_bit' is for training; remove it (to export a 4-bit model, set export_quantization_bit)"
        )
    elif method not in ("lora", "oft"):
        yield Finding(f"'quantization_bit' works with finetuning_type lora or oft, not {method}; change one of them")
    elif recipe.text("quantization_method", "bnb") == "bnb" and bits not in _BITSANDBYTES:
        yield Finding("'quantization_bit': bitsandbytes has 4 and 8 bits; use one of them")


def find_wrong_deepspeed(facts: Facts) -> Iterator[Finding]:
    """DeepSpeed's file, and what ZeRO can't do."""
    recipe = facts.recipe
    name = recipe.text("deepspeed")
    if not name:
        return
    if not Path(name).is_file():
        yield Finding(f"'deepspeed': no such file: {name}; fix the path")
        return
    try:
        zero = json.loads(Path(name).read_text(encoding="utf-8")).get("zero_optimization", {}).get("stage")
    except (OSError, ValueError, AttributeError) as error:
        yield Finding(f"'deepspeed': {name} is not a JSON object ({error}); fix the file")
        return
    if recipe.flag("use_galore") or recipe.flag("use_apollo"):
        yield Finding("'deepspeed' does not work with GaLore and APOLLO; remove one of them")
    if zero == 3 and recipe.flag("predict_with_generate"):  # noqa: PLR2004  ZeRO's stage
        yield Finding(f"'predict_with_generate' does not work with ZeRO-3; replace the 'deepspeed' file {name}")
    if zero == 3:  # noqa: PLR2004
        yield from _find_quantized_shards(facts)


def _find_quantized_shards(facts: Facts) -> Iterator[Finding]:
    """Quantized weights that ZeRO-3 can't shard (LlamaFactory, model/model_utils/quantization.py)."""
    recipe, given = facts.recipe, facts.base.config.get("quantization_config") if facts.base is not None else None
    if facts.base is not None and given:
        if not isinstance(given, dict) or given.get("quant_method") not in _LOADED_UNQUANTIZED:
            yield Finding(f"'deepspeed': ZeRO-3 can't shard the quantized {facts.base.folder}; use zero2.json")
    elif recipe.settings.get("quantization_bit") is not None and (
        recipe.text("quantization_method", "bnb") != "bnb" or recipe.number("quantization_bit") == _BITSANDBYTES[1]
    ):
        yield Finding("'deepspeed': ZeRO-3 goes with quantization_bit: 4 of bitsandbytes alone; use zero2.json")


def find_wrong_packing(facts: Facts) -> Iterator[Finding]:
    """Packed rows with FlashAttention 2: LlamaFactory's collator asserts one row per device (data/collator.py)."""
    recipe = facts.recipe
    batch = recipe.number("per_device_train_batch_size")
    batch = 8.0 if batch is None else batch  # the trainer's default
    if recipe.flag("neat_packing") and recipe.text("flash_attn") == "fa2" and batch > 1:
        yield Finding(
            "'per_device_train_batch_size' must be 1 with neat_packing and flash_attn: fa2; "
            "raise gradient_accumulation_steps instead"
        )


CHECKS: tuple[Check, ...] = (
    find_refused_arguments,
    find_missing_data,
    find_unchosen_checkpoint,
    find_mixed_precisions,
    find_wrong_quantization,
    find_wrong_deepspeed,
    find_wrong_packing,
)

"""Training settings that contradict each other, or that LlamaFactory silently ignores."""

import importlib.util
import math
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Kind
from shopbench_plugin.llamafactory.checks.source import find_package

# LlamaFactory's argument classes that import nothing heavy: their own rules are run, not repeated here.
_ARGUMENTS = {"data_args": "DataArguments", "finetuning_args": "FinetuningArguments"}
_ON_THE_FLY = ("bnb", "hqq", "eetq")


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
    """A validation share that leaves no rows to train on: the split fails after the rows are tokenized."""
    recipe, size = facts.recipe, facts.recipe.number("val_size") or 0.0
    counts = [dataset.count for dataset in facts.datasets]
    if recipe.kind is not Kind.TRAIN or not counts or None in counts or size <= 0:
        return
    rows = sum(min(count or 0, int(recipe.number("max_samples") or count or 0)) for count in counts)
    if (math.ceil(size * rows) if size < 1 else int(size)) >= rows:
        yield Finding(f"'val_size' is {recipe.settings['val_size']}, which leaves none of {rows} rows to train on")


def find_unchosen_checkpoint(facts: Facts) -> Iterator[Finding]:
    """Choosing a checkpoint, or stopping, by a number that no evaluation returns."""
    recipe = facts.recipe
    metric = recipe.text("metric_for_best_model", "loss").removeprefix("eval_")
    chooses = recipe.flag("load_best_model_at_end")
    if recipe.settings.get("early_stopping_steps") is not None and not chooses:
        yield Finding("'early_stopping_steps' requires load_best_model_at_end: true and evaluations; set both")
    if (
        chooses
        and metric != "loss"
        and not recipe.flag("compute_accuracy")
        and not recipe.flag("predict_with_generate")
    ):
        yield Finding(
            f"'metric_for_best_model': evaluations return only the loss, not {metric}; "
            "remove it, or set compute_accuracy or predict_with_generate"
        )


def find_mixed_precisions(facts: Facts) -> Iterator[Finding]:
    """A 16-bit type that the machine lacks."""
    recipe, machine = facts.recipe, facts.machine
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
    """The keys of QLoRA and of GPTQ, in recipes of the other."""
    recipe = facts.recipe
    if recipe.settings.get("quantization_bit") is not None and recipe.kind in (Kind.EXPORT, Kind.QUANTIZE):
        yield Finding(
            "'quantization_bit' is for training; remove it (to export a 4-bit model, set export_quantization_bit)"
        )
    if recipe.settings.get("export_quantization_bit") is not None and recipe.kind is Kind.TRAIN:
        yield Finding("'export_quantization_bit' is for exports; remove it (for QLoRA, set quantization_bit)")
    method = recipe.text("quantization_method", "bnb")
    if recipe.settings.get("quantization_bit") is not None and method not in _ON_THE_FLY:
        yield Finding(
            f"'quantization_method': {method} can't quantize a model while loading it; use {', '.join(_ON_THE_FLY)}"
        )


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
    find_wrong_packing,
)

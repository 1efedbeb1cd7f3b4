"""Training settings that contradict each other or need a missing package, beyond what rules.py reads in the source."""

import math
from collections.abc import Iterator

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding, find_unmet
from shopbench_plugin.llamafactory.checks.recipe import Kind, Recipe

_ON_THE_FLY = ("bnb", "hqq", "eetq")
_REPORTERS = ("clearml", "comet_ml", "mlflow", "neptune", "swanlab", "tensorboard", "trackio", "wandb")
_OPTIMIZERS = {"bnb": "bitsandbytes", "8bit": "bitsandbytes", "galore": "galore_torch", "lomo": "lomo_optim"}


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


def find_half_precision_on_cpu(facts: Facts) -> Iterator[Finding]:
    """A type that accelerate has for GPUs alone."""
    if facts.recipe.flag("fp16") and facts.recipe.flag("use_cpu"):
        yield Finding("'fp16' needs a GPU (accelerate refuses it on a CPU); set fp16: false")


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


def find_missing_packages(facts: Facts) -> Iterator[Finding]:
    """Packages that transformers requires, by the key that needs them; rules.py finds those that LlamaFactory does."""
    for key, package in dict.fromkeys(_list_needs(facts.recipe)):
        yield from find_unmet(f"'{key}'", package, facts)


def _list_needs(recipe: Recipe) -> Iterator[tuple[str, str]]:
    yield from (("report_to", name) for name in recipe.names("report_to") if name in _REPORTERS)
    yield from (("optim", package) for part, package in _OPTIMIZERS.items() if part in recipe.text("optim"))
    if recipe.text("flash_attn") == "fa2":
        yield "flash_attn", "flash_attn"


CHECKS: tuple[Check, ...] = (
    find_missing_data,
    find_unchosen_checkpoint,
    find_half_precision_on_cpu,
    find_wrong_quantization,
    find_wrong_packing,
    find_missing_packages,
)

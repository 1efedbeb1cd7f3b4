"""Packages that a recipe needs and that are not installed here."""

from collections.abc import Iterator

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Kind, Recipe

_BY_FLAG = {
    "predict_with_generate": ("jieba", "nltk", "rouge_chinese"),
    "plot_loss": ("matplotlib",),
    "use_unsloth": ("unsloth",),
    "enable_liger_kernel": ("liger_kernel",),
    "use_galore": ("galore_torch",),
    "use_apollo": ("apollo_torch",),
    "use_badam": ("badam",),
    "use_adam_mini": ("adam_mini",),
    "use_swanlab": ("swanlab",),
    "deepspeed": ("deepspeed",),
}
_REPORTERS = {
    "wandb": "wandb",
    "tensorboard": "tensorboard",
    "mlflow": "mlflow",
    "swanlab": "swanlab",
    "trackio": "trackio",
    "comet_ml": "comet_ml",
    "neptune": "neptune",
    "clearml": "clearml",
}
_OPTIMIZERS = {"bnb": "bitsandbytes", "8bit": "bitsandbytes", "galore": "galore_torch", "lomo": "lomo_optim"}


def find_missing_packages(facts: Facts) -> Iterator[Finding]:
    """Missing packages, by the key that requires them."""
    for key, package in dict.fromkeys(_list_needs(facts.recipe)):
        if not facts.machine.is_installed(package):
            yield Finding(
                f"'{key}' requires the package {package}, which is not installed; install it with pip or remove the key"
            )


def _list_needs(recipe: Recipe) -> Iterator[tuple[str, str]]:
    for key, packages in _BY_FLAG.items():
        if recipe.flag(key) or (key == "deepspeed" and recipe.text(key)):
            yield from ((key, package) for package in packages)
    if recipe.flag("do_predict"):
        yield from (("do_predict", package) for package in _BY_FLAG["predict_with_generate"])
    yield from (("report_to", _REPORTERS[name]) for name in recipe.names("report_to") if name in _REPORTERS)
    if recipe.settings.get("quantization_bit") is not None:
        method = recipe.text("quantization_method", "bnb")
        yield "quantization_bit", {"hqq": "hqq", "eetq": "eetq"}.get(method, "bitsandbytes")
    if recipe.text("flash_attn") == "fa2":
        yield "flash_attn", "flash_attn"
    yield from (("optim", package) for part, package in _OPTIMIZERS.items() if part in recipe.text("optim"))
    if recipe.kind is Kind.QUANTIZE:
        yield from (("export_quantization_bit", package) for package in ("gptqmodel", "optimum"))


CHECKS: tuple[Check, ...] = (find_missing_packages,)

"""Packages that a recipe needs and that are not installed here."""

from collections.abc import Iterator

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Recipe

_REPORTERS = ("clearml", "comet_ml", "mlflow", "neptune", "swanlab", "tensorboard", "trackio", "wandb")
_OPTIMIZERS = {"bnb": "bitsandbytes", "8bit": "bitsandbytes", "galore": "galore_torch", "lomo": "lomo_optim"}


def find_missing_packages(facts: Facts) -> Iterator[Finding]:
    """Packages that transformers requires, by the key that needs them; rules.py finds those that LlamaFactory does."""
    for key, package in dict.fromkeys(_list_needs(facts.recipe)):
        if facts.machine.find_version(package) is None:
            yield Finding(
                f"'{key}' requires the package {package}, which is not installed; install it with pip or remove the key"
            )


def _list_needs(recipe: Recipe) -> Iterator[tuple[str, str]]:
    yield from (("report_to", name) for name in recipe.names("report_to") if name in _REPORTERS)
    yield from (("optim", package) for part, package in _OPTIMIZERS.items() if part in recipe.text("optim"))
    if recipe.text("flash_attn") == "fa2":
        yield "flash_attn", "flash_attn"


CHECKS: tuple[Check, ...] = (find_missing_packages,)

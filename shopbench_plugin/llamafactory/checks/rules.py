"""LlamaFactory's and transformers' rules for combinations of settings, read from their source, not repeated here."""

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any

from shopbench_plugin.llamafactory.checks.conditions import Reader, Refusal
from shopbench_plugin.llamafactory.checks.deepspeed import uses_zero_3
from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.known_keys import find_mistake, read_recipe_keys
from shopbench_plugin.llamafactory.checks.recipe import Kind
from shopbench_plugin.llamafactory.checks.source import find_package, read_enums, read_source

# Functions that check settings: the package, the file, and the name.
_TRAINING = (
    ("transformers", "training_args.py", "_validate_args"),
    ("llamafactory", "hparams/parser.py", "get_train_args"),
    ("llamafactory", "hparams/parser.py", "_verify_model_args"),
    ("llamafactory", "model/model_utils/quantization.py", "configure_quantization"),
    ("llamafactory", "model/adapter.py", "init_adapter"),
    ("llamafactory", "model/adapter.py", "_setup_lora_tuning"),
    ("llamafactory", "model/adapter.py", "_setup_freeze_tuning"),
)
_OTHERS = (
    ("llamafactory", "hparams/parser.py", "get_infer_args"),
    ("llamafactory", "hparams/parser.py", "_verify_model_args"),
    ("llamafactory", "train/tuner.py", "export_model"),
    ("llamafactory", "model/model_utils/quantization.py", "configure_quantization"),
)
_BY_KIND = {"export_model": (Kind.EXPORT, Kind.QUANTIZE)}
_BY_METHOD = {"_setup_lora_tuning": ("lora", "oft"), "_setup_freeze_tuning": ("freeze",)}
_SPLIT_LATER = ("adapter_name_or_path",)


def find_refused_combinations(facts: Facts) -> Iterator[Finding]:
    """Settings that LlamaFactory or transformers would reject, some only after loading the model."""
    recipe = facts.recipe
    method = recipe.text("finetuning_type", "lora")
    names, calls = _list_values(facts)
    for package, file, function in _TRAINING if recipe.kind is Kind.TRAIN else _OTHERS:
        if method not in _BY_METHOD.get(function, (method,)) or recipe.kind not in _BY_KIND.get(function, Kind):
            continue
        body = _find_function(package, file, function)
        own = {name: dict(value) if isinstance(value, dict) else value for name, value in names.items()}
        for refusal in Reader(own, calls, frozenset(names)).find_refusals(body):
            yield Finding(_describe(refusal, facts, package))


@cache
def _find_function(package: str, file: str, name: str) -> list[ast.stmt]:
    nodes = ast.walk(read_source(find_package(package) / file))
    return next((node.body for node in nodes if isinstance(node, ast.FunctionDef) and node.name == name), [])


def _describe(refusal: Refusal, facts: Facts, package: str) -> str:
    known, settings = read_recipe_keys(), facts.recipe.settings
    keys = [name for name in refusal.attributes if name in known]
    if "do_eval" in keys and settings.get("eval_strategy"):  # which sets it
        keys.append("eval_strategy")
    names = [name for name in keys if settings.get(name) is not None] or keys
    who = "transformers rejects" if package == "transformers" else "LlamaFactory rejects"
    return f"{', '.join(map(repr, names)) or 'settings'}: {who} this: {refusal.message.removeprefix('--')}"


def _list_values(facts: Facts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of the functions' names, and of the calls in them."""
    recipe, base = facts.recipe, facts.base
    groups: dict[str, dict[str, Any]] = {}
    for name, key in read_recipe_keys().items():
        value = recipe.settings.get(name, key.default)
        if find_mistake(value, key) is not None:  # which another check reports
            continue
        if key.is_number and isinstance(value, str):
            value = float(value)
        if value is not None and (key.is_split or name in _SPLIT_LATER):
            value = recipe.names(name) or value
        groups.setdefault(key.group, {})[name] = value
    training = groups["training_args"]
    training["report_to"] = [name for name in recipe.names("report_to") if name != "none"]
    if training.get("eval_strategy") in ("steps", "epoch"):  # as transformers does
        training |= {"do_eval": True, "eval_steps": training.get("eval_steps") or training.get("logging_steps")}
    config = {} if base is None else base.config
    quantization = config.get("quantization_config")
    method = quantization.get("quant_method") if isinstance(quantization, dict) else None
    if method is None and recipe.settings.get("quantization_bit") is not None:
        method = recipe.text("quantization_method", "bnb")
    names = {
        **read_enums(),
        **groups,
        "self": training,
        "config": config,
        "model": {"config": config, "quantization_method": method},
        "is_trainable": recipe.kind is Kind.TRAIN,
    }
    return names, {"is_deepspeed_zero3_enabled": uses_zero_3(recipe)}


CHECKS: tuple[Check, ...] = (find_refused_combinations,)

"""LlamaFactory's and transformers' rules for combinations of settings, read from their source, not repeated here."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from shopbench_plugin.llamafactory.checks.conditions import Reader, Refusal
from shopbench_plugin.llamafactory.checks.deepspeed import uses_zero_3
from shopbench_plugin.llamafactory.checks.expressions import PartlyKnown
from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding, find_unmet
from shopbench_plugin.llamafactory.checks.known_keys import find_mistake, read_recipe_keys
from shopbench_plugin.llamafactory.checks.recipe import Kind, Recipe
from shopbench_plugin.llamafactory.checks.source import find_package, read_constants, read_enums, read_source

# Functions that check settings, with those of their file that they call: the package, the file, and the name.
_ARGUMENTS = (
    ("llamafactory", "hparams/data_args.py", "__post_init__"),
    ("llamafactory", "hparams/finetuning_args.py", "__post_init__"),
)
_TRAINING = (
    *_ARGUMENTS,
    ("transformers", "training_args.py", "_validate_args"),
    ("transformers", "training_args.py", "_process_fsdp_args"),
    ("llamafactory", "hparams/parser.py", "get_train_args"),
    ("llamafactory", "model/model_utils/longlora.py", "configure_longlora"),
    ("llamafactory", "model/model_utils/quantization.py", "configure_quantization"),
    ("llamafactory", "model/adapter.py", "init_adapter"),
)
_CHAT = (
    *_ARGUMENTS,
    ("llamafactory", "hparams/parser.py", "get_infer_args"),
    ("llamafactory", "model/model_utils/quantization.py", "configure_quantization"),
)
_EXPORT = (*_CHAT, ("llamafactory", "train/tuner.py", "export_model"))
_FUNCTIONS = {Kind.TRAIN: _TRAINING, Kind.CHAT: _CHAT, Kind.EXPORT: _EXPORT, Kind.QUANTIZE: _EXPORT}
_WHO = {"transformers": "transformers", "llamafactory": "LlamaFactory"}
_IGNORING = ("configure_longlora",)
"""Functions that only log it where the model doesn't support a setting."""
_SPLIT_LATER = ("adapter_name_or_path",)
_SET_BY = {
    "do_eval": "eval_strategy",
    "is_deepspeed_zero3_enabled": "deepspeed",
    "is_fsdp_enabled": "fsdp",
}
"""What conditions look at besides settings, and the setting behind it."""


def find_refused_combinations(facts: Facts) -> Iterator[Finding]:
    """Settings that LlamaFactory or transformers would reject, some only after loading the model."""
    names, calls = _list_values(facts)
    for package, file, function in _FUNCTIONS[facts.recipe.kind]:
        own = {name: dict(value) if type(value) is dict else value for name, value in names.items()}
        own["self"] = own.get(Path(file).stem)  # a file of arguments is called as LlamaFactory calls its object
        functions, is_ignored = _list_functions(package, file), function in _IGNORING
        verb = f"{_WHO[package]} {'ignores' if is_ignored else 'rejects'}"
        for refusal in Reader(own, calls, functions, is_ignored, frozenset(own)).find_refusals(function):
            yield from _describe(refusal, facts, verb)


@cache
def _list_functions(package: str, file: str) -> dict[str, ast.FunctionDef]:
    nodes = ast.walk(read_source(find_package(package) / file))
    return {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}


def _describe(refusal: Refusal, facts: Facts, verb: str) -> Iterator[Finding]:
    known, settings = read_recipe_keys(), facts.recipe.settings
    looked_at = [*refusal.names, *(_SET_BY[name] for name in refusal.names if name in _SET_BY)]
    keys = list(dict.fromkeys(name for name in looked_at if name in known))
    names = [name for name in keys if settings.get(name) is not None] or keys or ["model_name_or_path"]
    shown = ", ".join(map(repr, names))
    # A recipe for a hub model that is checked on a laptop will run elsewhere.
    is_elsewhere = "is_torch_bf16_gpu_available" in refusal.names and not facts.machine.has_gpu and facts.base is None
    if refusal.requirement:
        yield from find_unmet(shown, refusal.requirement, facts)
    else:
        yield Finding(f"{shown}: {verb} this: {refusal.message.removeprefix('--')}", is_warning=is_elsewhere)


def _list_values(facts: Facts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of the functions' names, and of the calls in them."""
    recipe, machine = facts.recipe, facts.machine
    config = PartlyKnown(quantization_config=None) if facts.base is None else facts.base.config
    quantization = config.get("quantization_config")
    method = quantization.get("quant_method") if isinstance(quantization, dict) else None
    if method is None and recipe.settings.get("quantization_bit") is not None:
        method = recipe.text("quantization_method", "bnb")
    names = {
        **read_enums(),
        **read_constants(),
        **_group_settings(recipe),
        "config": config,
        "model": {"config": config, "quantization_method": method},
        "is_trainable": recipe.kind is Kind.TRAIN,
    }
    calls = {
        "is_deepspeed_zero3_enabled": uses_zero_3(recipe),
        # torch refuses a model that transformers doesn't load for FSDP in the same cases.
        "is_fsdp_enabled": bool(recipe.settings.get("fsdp")),
        "is_torch_available": True,
        "is_torch_bf16_gpu_available": machine.has_bfloat16,
        "is_torch_cuda_available": machine.has_gpu,
        "is_torch_npu_available": False,
        "is_torch_xla_available": False,
    }
    return names, calls


def _group_settings(recipe: Recipe) -> dict[str, dict[str, Any]]:
    """Return the objects of arguments that LlamaFactory's parser makes of a recipe, by their names in its functions."""
    groups: dict[str, dict[str, Any]] = {}
    for name, key in read_recipe_keys().items():
        value = recipe.settings.get(name, key.default)
        if name in recipe.settings and find_mistake(value, key) is not None:  # which another check reports
            continue
        if isinstance(value, str) and key.is_number:
            value = float(value)
        if value is not None and (key.is_split or name in _SPLIT_LATER):
            value = recipe.names(name) or value
        groups.setdefault(key.group, {})[name] = value
    training = groups["training_args"]
    training["report_to"] = [name for name in recipe.names("report_to") if name != "none"]
    fsdp = recipe.settings.get("fsdp")
    training["fsdp"] = fsdp.split() if isinstance(fsdp, str) else fsdp
    if training.get("eval_strategy") in ("steps", "epoch"):  # as transformers does
        training |= {"do_eval": True, "eval_steps": training.get("eval_steps") or training.get("logging_steps")}
    return groups


CHECKS: tuple[Check, ...] = (find_refused_combinations,)

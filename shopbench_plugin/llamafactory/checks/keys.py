"""Keys and values that LlamaFactory rejects, ignores or misreads, in any kind of recipe."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding, suggest
from shopbench_plugin.llamafactory.checks.known_keys import Key, find_mistake, read_recipe_keys
from shopbench_plugin.llamafactory.checks.recipe import Kind, Recipe
from shopbench_plugin.llamafactory.checks.source import list_table_keys

_RENAMED = {"group_by_length": "did you mean 'train_sampling_strategy: group_by_length'?"}  # transformers 5
_TEXTS = (
    "model_name_or_path",
    "adapter_name_or_path",
    "template",
    "dataset_dir",
    "export_dir",
    "output_dir",
    "deepspeed",
)
_POSITIVE = (
    "per_device_train_batch_size",
    "per_device_eval_batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "num_train_epochs",
    "lora_rank",
    "lora_alpha",
    "cutoff_len",
    "max_samples",
    "preprocessing_batch_size",
    "preprocessing_num_workers",
    "export_size",
    "export_quantization_maxlen",
    "export_quantization_nsamples",
)
_NOT_NEGATIVE = ("weight_decay", "adam_epsilon", "max_grad_norm", "dataloader_num_workers", "val_size")
_FRACTIONS = ("lora_dropout", "module_dropout", "warmup_ratio", "label_smoothing_factor", "adam_beta1", "adam_beta2")
_LOG_LEVELS = (partial(list_table_keys, "transformers", "utils/logging.py", "log_levels"), ["passive"])
# Keys whose values are the keys of a dictionary in the source, and further ones.
_TABLES = {
    "report_to": (
        partial(list_table_keys, "transformers", "integrations/integration_utils.py", "INTEGRATION_TO_CALLBACK"),
        ["all", "none"],
    ),
    "log_level": _LOG_LEVELS,
    "log_level_replica": _LOG_LEVELS,
    "tool_format": (partial(list_table_keys, "llamafactory", "data/tool_utils.py", "TOOLS"), []),
}
_METHODS = {"LoraArguments": ("lora", "oft"), "FreezeArguments": ("freeze",), "OFTArguments": ("oft",)}
_SWITCHES = {"GaloreArguments": "use_galore", "ApolloArguments": "use_apollo", "BAdamArgument": "use_badam"}


def find_wrong_keys(facts: Facts) -> Iterator[Finding]:
    """Unknown keys, and values of the wrong type."""
    known = read_recipe_keys()
    for name, value in facts.recipe.settings.items():
        key = known.get(name)
        if key is None:
            remedy = _RENAMED.get(name) or suggest(name, known, "which LlamaFactory does not have; remove it")
            yield Finding(f"unknown key '{name}', {remedy}")
        elif key.is_for_training and facts.recipe.kind in (Kind.EXPORT, Kind.QUANTIZE):
            yield Finding(f"'{name}' is for training, and llamafactory-cli export rejects it; remove it")
        else:
            yield from _find_wrong_value(name, value, key)


def _find_wrong_value(name: str, value: Any, key: Key) -> Iterator[Finding]:
    wanted = find_mistake(value, key)
    if wanted is None:
        return
    if key.choices:
        remedy = suggest(str(value), map(str, key.choices), f"use {wanted}")
        yield Finding(f"'{name}': unknown value {value!r:.60}, {remedy}")
    else:
        yield Finding(f"'{name}' must be {wanted}, not {value!r:.60}")


def find_wrong_choices(facts: Facts) -> Iterator[Finding]:
    """Names that LlamaFactory looks up in a table of its own, such as a reporter's, after loading the model."""
    for key, (list_names, further) in _TABLES.items():
        given = facts.recipe.names(key)
        known = [*list_names(), *further] if given else []
        for name in given:
            if name not in known:
                yield Finding(f"'{key}': unknown value '{name}', {suggest(name, known)}")


def find_wrong_texts(facts: Facts) -> Iterator[Finding]:
    """Names and paths that YAML reads as something else."""
    for key in _TEXTS:
        value = facts.recipe.settings.get(key)
        if isinstance(value, bool | int | float):
            yield Finding(f"'{key}' is {value!r:.60}, but must be text; quote it")


def find_wrong_amounts(facts: Facts) -> Iterator[Finding]:
    """Numbers out of range, with which nothing is trained or an error comes late."""
    recipe = facts.recipe
    has_steps = (recipe.number("max_steps") or 0) > 0
    for key, number in ((key, recipe.number(key)) for key in (*_POSITIVE, *_NOT_NEGATIVE, *_FRACTIONS)):
        if number is None:
            continue
        if key in _POSITIVE:
            is_wrong, wanted = number <= 0 and not (key == "num_train_epochs" and has_steps), "greater than 0"
        elif key in _NOT_NEGATIVE:
            is_wrong, wanted = number < 0, "0 or greater"
        else:
            is_wrong, wanted = not 0 <= number < 1, "at least 0 and less than 1"
        if is_wrong:
            yield Finding(f"'{key}' is {recipe.settings[key]}, but must be {wanted}")


def find_aimless_training(facts: Facts) -> Iterator[Finding]:
    """A training recipe that does nothing: LlamaFactory exits with status 0 and leaves an empty folder."""
    tasks = ("do_train", "do_eval", "do_predict")
    if facts.recipe.kind is Kind.TRAIN and not any(facts.recipe.flag(key) for key in tasks):
        yield Finding("'do_train' is missing, so LlamaFactory would exit without training; set do_train: true")


def find_ignored_keys(facts: Facts) -> Iterator[Finding]:
    """Keys of another stage or method, which a training ignores."""
    recipe, known = facts.recipe, read_recipe_keys()
    if recipe.kind is not Kind.TRAIN:
        return
    for name, value in recipe.settings.items():
        if name not in known or value in (None, known[name].default):
            continue
        reasons = [_find_why_ignored(owner, recipe) for owner in known[name].owners]
        if all(reasons):
            yield Finding(f"'{name}' has no effect {reasons[0]}; remove it", is_warning=True)


def _find_why_ignored(owner: str, recipe: Recipe) -> str:
    method = recipe.text("finetuning_type", "lora")
    if owner == "ExportArguments":
        return "in a training (llamafactory-cli export uses it)"
    if owner == "RLHFArguments" and recipe.stage in ("pt", "sft"):
        return f"in stage {recipe.stage}"
    if method not in _METHODS.get(owner, (method,)):
        return f"with finetuning_type {method}"
    if owner in _SWITCHES and not recipe.flag(_SWITCHES[owner]):
        return f"without {_SWITCHES[owner]}: true"
    return ""


BY_SOURCE: tuple[Check, ...] = (find_wrong_keys, find_wrong_choices, find_ignored_keys)
CHECKS: tuple[Check, ...] = (find_wrong_texts, find_wrong_amounts, find_aimless_training)

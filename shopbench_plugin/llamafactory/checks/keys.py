"""Keys and values that LlamaFactory rejects, ignores or misreads, in any kind of recipe."""

from collections.abc import Iterator
from difflib import get_close_matches

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.known_keys import find_mistake, read_choices, read_recipe_keys
from shopbench_plugin.llamafactory.checks.recipe import Kind

_RENAMED = {"group_by_length": "train_sampling_strategy: group_by_length"}  # transformers 5
_TEXTS = ("model_name_or_path", "template", "dataset_dir", "export_dir", "output_dir", "deepspeed")
_POSITIVE = (
    "per_device_train_batch_size",
    "per_device_eval_batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "num_train_epochs",
    "lora_rank",
    "lora_alpha",
    "cutoff_len",
    "export_size",
    "export_quantization_maxlen",
    "export_quantization_nsamples",
)


def find_wrong_keys(facts: Facts) -> Iterator[Finding]:
    """Unknown keys, and values of the wrong type."""
    known = read_recipe_keys()
    for key, value in facts.recipe.settings.items():
        if key not in known:
            close = [_RENAMED[key]] if key in _RENAMED else get_close_matches(key, known, n=1)
            hint = f", did you mean '{close[0]}'?" if close else ", which LlamaFactory does not have; remove it"
            yield Finding(f"unknown key '{key}'{hint}")
            continue
        wanted = find_mistake(value, known[key])
        if wanted is not None:
            yield Finding(f"'{key}' must be {wanted}, not '{value}'")


def find_wrong_choices(facts: Facts) -> Iterator[Finding]:
    """Unknown values of transformers' enums."""
    for key, choices in read_choices().items():
        value = facts.recipe.text(key)
        if value and value not in choices:
            close = get_close_matches(value, choices, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"use one of {', '.join(choices)}"
            yield Finding(f"'{key}': unknown value '{value}', {hint}")


def find_wrong_texts(facts: Facts) -> Iterator[Finding]:
    """Names and paths that YAML reads as something else."""
    for key in _TEXTS:
        value = facts.recipe.settings.get(key)
        if value is not None and not isinstance(value, str | dict):
            yield Finding(f"'{key}' is {value!r:.60}, but must be text; quote it")


def find_empty_amounts(facts: Facts) -> Iterator[Finding]:
    """Numbers less than or equal to 0, with which nothing is trained or an error comes late."""
    has_steps = (facts.recipe.number("max_steps") or 0) > 0
    for key in _POSITIVE:
        number = facts.recipe.number(key)
        if number is not None and number <= 0 and not (key == "num_train_epochs" and has_steps):
            yield Finding(f"'{key}' is {facts.recipe.settings[key]}, but must be greater than 0")


def find_aimless_training(facts: Facts) -> Iterator[Finding]:
    """A training recipe that does nothing: LlamaFactory exits with status 0 and leaves an empty folder."""
    tasks = ("do_train", "do_eval", "do_predict")
    if facts.recipe.kind is Kind.TRAIN and not any(facts.recipe.flag(key) for key in tasks):
        yield Finding("'do_train' is missing, so LlamaFactory would exit without training; set do_train: true")


CHECKS: tuple[Check, ...] = (
    find_wrong_keys,
    find_wrong_choices,
    find_wrong_texts,
    find_empty_amounts,
    find_aimless_training,
)

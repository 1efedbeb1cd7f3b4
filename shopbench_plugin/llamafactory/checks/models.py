"""The base model, which of its layers are trained, its adapters, and the folder that an export writes."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Kind
from shopbench_plugin.models.tied_embeddings import HEAD, KEY

_TIED = {"embed_tokens", "lm_head"}


def find_unread(facts: Facts) -> Iterator[Finding]:
    """Anything the recipe names that could not be read."""
    yield from (Finding(failure) for failure in facts.failures)


def find_wrong_targets(facts: Facts) -> Iterator[Finding]:
    """Layers to train that the model lacks: peft trains those it finds and silently ignores the others."""
    recipe = facts.recipe
    if facts.base is None or recipe.kind is not Kind.TRAIN or recipe.text("finetuning_type", "lora") != "lora":
        return
    paths = [name.removesuffix(".weight") for name in facts.base.read_shapes()]
    if facts.base.config.get(KEY):
        paths.append(HEAD.removesuffix(".weight"))
    layers = sorted({path.rsplit(".", 1)[-1] for path in paths})
    for key in ("lora_target", "additional_target"):
        for name in recipe.names(key):
            if name == "all" or any(f".{path}".endswith(f".{name}") for path in paths):
                continue
            close = get_close_matches(name, layers, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"use one of {', '.join(layers)}"
            yield Finding(f"'{key}': {facts.base.folder} has no layer '{name}', {hint}")


def find_tied_embeddings(facts: Facts) -> Iterator[Finding]:
    """A tied base trained as two matrices; see models/tied_embeddings.py."""
    recipe, base = facts.recipe, facts.base
    if facts.is_wrongly_tied and base is not None:
        yield Finding(
            f"{base.folder / 'config.json'}: {KEY} is true although the weights contain two different matrices; "
            f"run `shopbench untie --model {base.folder}`"
        )
        return
    if base is None or not base.config.get(KEY):
        return
    trained = set(recipe.names("additional_target")) if recipe.kind is Kind.TRAIN else set()
    for adapter in facts.adapters:
        trained |= set(adapter.modules_to_save)
    if trained & _TIED:
        yield Finding(
            f"{base.folder}: has tied embeddings, and embed_tokens or lm_head is trained: the merged config.json "
            "would still say tied, and vLLM would serve a different model; merge with `make export`, or run "
            "`shopbench untie --model EXPORT_DIR` after merging",
            is_warning=True,
        )


def find_overwritten_inputs(facts: Facts) -> Iterator[Finding]:
    """An export over the model or adapter that it reads, or a training over its base."""
    recipe = facts.recipe
    inputs = {key: recipe.names(key) for key in ("model_name_or_path", "adapter_name_or_path")}
    outputs = {"export_dir": inputs, "output_dir": {"model_name_or_path": inputs["model_name_or_path"]}}
    for output, read in outputs.items():
        folder = recipe.text(output)
        for key, names in read.items():
            if folder and any(Path(name).resolve() == Path(folder).resolve() for name in names):
                yield Finding(
                    f"'{output}' is the same folder as '{key}' ({folder}), which would be overwritten; choose another"
                )


CHECKS: tuple[Check, ...] = (find_unread, find_wrong_targets, find_tied_embeddings, find_overwritten_inputs)

"""The base model, which of its layers are trained, and its adapters."""

from collections.abc import Iterator

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding, suggest
from shopbench_plugin.llamafactory.checks.recipe import Kind
from shopbench_plugin.models.tied_embeddings import HEAD, KEY

_TARGETS = {
    "lora": ("lora_target", "additional_target"),
    "oft": ("lora_target", "additional_target"),
    "freeze": ("freeze_trainable_modules",),
}
_TIED = {"embed_tokens", "lm_head"}


def find_unread(facts: Facts) -> Iterator[Finding]:
    """Anything the recipe names that could not be read."""
    yield from (Finding(failure) for failure in facts.failures)


def find_wrong_targets(facts: Facts) -> Iterator[Finding]:
    """Layers to train that the model lacks: peft trains those it finds and silently ignores the others."""
    recipe, base = facts.recipe, facts.base
    method = recipe.text("finetuning_type", "lora")
    if base is None or recipe.kind is not Kind.TRAIN or method not in _TARGETS:
        return
    paths = [name.removesuffix(".weight") for name in base.read_shapes()]
    if base.config.get(KEY):
        paths.append(HEAD.removesuffix(".weight"))
    # LlamaFactory names what is frozen by the part of a path after the first layer's number (model/adapter.py).
    blocks = sorted({path.split(".0.", 1)[1].split(".")[0] for path in paths if ".0." in path})
    layers = blocks if method == "freeze" else sorted({path.rsplit(".", 1)[-1] for path in paths})
    for key in _TARGETS[method]:
        if recipe.settings.get(key) in ("", []):
            yield Finding(f"'{key}' is empty; name layers of {base.folder}: {', '.join(layers)}")
        for name in recipe.names(key):
            is_there = name in layers if method == "freeze" else any(f".{path}".endswith(f".{name}") for path in paths)
            if name == "all" or is_there:
                continue
            yield Finding(f"'{key}': {base.folder} has no layer '{name}', {suggest(name, layers)}")


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
    trained = recipe.names("additional_target") if recipe.kind is Kind.TRAIN else []
    if _TIED & {*trained, *facts.saved_layers}:
        yield Finding(
            f"{base.folder}: has tied embeddings, and embed_tokens or lm_head is trained: the merged config.json "
            "would still say tied, and vLLM would serve a different model; merge with `make export`, or run "
            "`shopbench untie --model EXPORT_DIR` after merging",
            is_warning=True,
        )


CHECKS: tuple[Check, ...] = (find_unread, find_wrong_targets, find_tied_embeddings)

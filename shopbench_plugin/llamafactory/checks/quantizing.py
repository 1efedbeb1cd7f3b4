"""GPTQ with LlamaFactory's export: which model it quantizes, and with which texts."""

from collections.abc import Iterator

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Kind

_MAXLEN = 1024  # LlamaFactory's default of export_quantization_maxlen


def find_wrong_weights(facts: Facts) -> Iterator[Finding]:
    """Weights that are already quantized."""
    recipe = facts.recipe
    if recipe.kind is not Kind.QUANTIZE:
        return
    if facts.base is not None and "quantization_config" in facts.base.config:
        yield Finding(f"{facts.base.folder}: is already quantized; set model_name_or_path to the merged model")


def find_wrong_calibration(facts: Facts) -> Iterator[Finding]:
    """LlamaFactory samples texts longer than export_quantization_maxlen tokens from column `text`; it fails without."""
    recipe = facts.recipe
    name = str(recipe.settings.get("export_quantization_dataset") or "")
    if recipe.kind is not Kind.QUANTIZE:
        return
    command = "write it with `shopbench calibrate`"
    if not name:
        yield Finding(f"'export_quantization_dataset' is missing; {command}")
        return
    rows = facts.calibration
    if rows is None:
        return
    texts = [row["text"] for row in rows if isinstance(row.get("text"), str)]
    if not texts:
        yield Finding(f"{name}: has no column 'text' for calibration; {command}")
        return
    wanted = recipe.number("export_quantization_maxlen") or _MAXLEN
    # Without a tokenizer, count bytes: a text never has more tokens than bytes.
    longest = max(map(facts.count_tokens or (lambda text: len(text.encode())), texts))
    if longest <= wanted:
        yield Finding(
            f"{name}: no text is longer than export_quantization_maxlen {wanted:.0f} (the longest has {longest}), "
            f"as LlamaFactory requires; {command} --length {wanted:.0f}"
        )


CHECKS: tuple[Check, ...] = (find_wrong_weights, find_wrong_calibration)

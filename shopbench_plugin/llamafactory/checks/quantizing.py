"""GPTQ with LlamaFactory's export: which model it quantizes, and with which texts."""

import os
from collections.abc import Iterator

from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Kind
from shopbench_plugin.llamafactory.import_hook import GUARD_VARIABLE
from shopbench_plugin.models.group_size import LARGEST, SMALLEST, find_group_size

_MAXLEN = 1024  # LlamaFactory's default of export_quantization_maxlen


def find_wrong_weights(facts: Facts) -> Iterator[Finding]:
    """Weights that are already quantized, or whose widths are not multiples of GPTQ's group size."""
    if facts.recipe.kind is not Kind.QUANTIZE or facts.base is None:
        return
    if facts.base.config.get("quantization_config"):
        yield Finding(f"{facts.base.folder}: is already quantized; set model_name_or_path to the merged model")
        return
    group = find_group_size(facts.base.config)
    if group is None:
        yield Finding(
            f"{facts.base.folder / 'config.json'}: its widths are not multiples of {SMALLEST}, GPTQ's smallest group; "
            "use the merged model without quantizing it"
        )
    elif group < LARGEST and os.environ.get(GUARD_VARIABLE) != "1":
        yield Finding(
            f"{facts.base.folder / 'config.json'}: its widths are not multiples of {LARGEST}, LlamaFactory's GPTQ "
            f"group; set {GUARD_VARIABLE}=1, as `make gptq` does, to quantize in groups of {group}"
        )


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

"""Rows longer than cutoff_len: LlamaFactory cuts their ends off, options, answer and end token too, or drops them."""

from collections.abc import Iterator

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory.checks.datasets import ALPACA_COLUMNS
from shopbench_plugin.llamafactory.checks.facts import Dataset, Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Kind
from shopbench_plugin.llamafactory.checks.rows import Row

_CUTOFF = 2048  # LlamaFactory's default


def find_long_rows(facts: Facts) -> Iterator[Finding]:
    """Compare cutoff_len with the converter's report where it counted, else with a sample of the rows."""
    recipe = facts.recipe
    cutoff = int(recipe.number("cutoff_len") or _CUTOFF)
    if recipe.kind is not Kind.TRAIN:
        return
    loss = "dropped" if recipe.flag("packing") or recipe.flag("neat_packing") else "cut at their end"
    for dataset in facts.datasets:
        long, total, what = _count_long_rows(facts, dataset, cutoff)
        if long:
            yield Finding(
                f"{dataset.file}: {long} of {what}{total} rows exceed cutoff_len {cutoff} and would be {loss}; "
                "raise cutoff_len, or shorten or remove them",
                is_warning=True,
            )


def _count_long_rows(facts: Facts, dataset: Dataset, cutoff: int) -> tuple[int, int, str]:
    counted = dataset.report.get("lengths")
    if isinstance(counted, dict) and counted.get("cutoff_len") == cutoff:
        return int(counted.get("rows_over", 0)), int(counted.get("rows", 0)), ""
    if facts.count_tokens is None or dataset.entry.get("formatting", "alpaca") != "alpaca":
        return 0, 0, ""
    texts = [_join(row, dataset.entry.get("columns") or ALPACA_COLUMNS, facts) for row in dataset.rows]
    return sum(facts.count_tokens(text) > cutoff for text in texts), len(texts), "the first "


def _join(row: Row, columns: dict[str, str], facts: Facts) -> str:
    """Return a row as the model sees it, in its tokenizer's markup where it has some."""
    prompt, query, response = (str(row.get(columns.get(key, "")) or "") for key in ALPACA_COLUMNS)
    question = "\n".join(filter(None, (prompt, query)))  # as LlamaFactory's alpaca converter
    if facts.chat_template is None:
        return question + response
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": response}]
    try:
        return facts.chat_template.render(messages, add_generation_prompt=False)
    except ShopBenchError:
        return question + response


CHECKS: tuple[Check, ...] = (find_long_rows,)

"""Rows longer than cutoff_len: LlamaFactory truncates them, losing options, answer and end token, or drops them."""

from collections.abc import Iterator

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import ALPACA_COLUMNS, Example, join_question
from shopbench_plugin.formats.files import Row
from shopbench_plugin.llamafactory.checks.dataset_entries import Dataset
from shopbench_plugin.llamafactory.checks.datasets import read_columns
from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding
from shopbench_plugin.llamafactory.checks.recipe import Kind
from shopbench_plugin.models.row_lengths import CUTOFF_LEN, RowTokenizer


def find_long_rows(facts: Facts) -> Iterator[Finding]:
    """Compare cutoff_len with the converter's report if it counted tokens, otherwise with a sample of the rows."""
    recipe = facts.recipe
    cutoff = int(recipe.number("cutoff_len") or CUTOFF_LEN)
    if recipe.kind is not Kind.TRAIN:
        return
    loss = "dropped" if recipe.flag("packing") or recipe.flag("neat_packing") else "truncated"
    for dataset in facts.datasets:
        if dataset.is_changed:
            yield Finding(
                f"{dataset.file}: was changed after `shopbench convert` wrote it, so the counts in its report are not "
                "used; run it again",
                is_warning=True,
            )
        long, total, what = _count_long_rows(facts, dataset, cutoff)
        if long:
            yield Finding(
                f"{dataset.file}: {long} of {what}{total} rows exceed cutoff_len {cutoff} and would be {loss}; "
                f"raise cutoff_len, shorten them (shopbench convert --cutoff-len {cutoff} --cut-to-fit) or remove them",
                is_warning=True,
            )
        elif _read_count(dataset, "cutoff_len") > cutoff:
            yield Finding(
                f"{dataset.file}: its rows were measured for a larger cutoff_len than {cutoff}; "
                f"run `shopbench convert` again with --cutoff-len {cutoff}",
                is_warning=True,
            )


def _count_long_rows(facts: Facts, dataset: Dataset, cutoff: int) -> tuple[int, int, str]:
    counted_for, over = _read_count(dataset, "cutoff_len"), _read_count(dataset, "rows_over")
    if counted_for == cutoff or (0 < counted_for < cutoff and not over):
        return over, _read_count(dataset, "rows"), ""
    if facts.count_tokens is None or dataset.entry.get("formatting", "alpaca") != "alpaca":
        return 0, 0, ""
    columns = read_columns(dataset)
    tokenizer = RowTokenizer(facts.chat_template, facts.count_tokens)
    try:
        lengths = [_measure(row, columns, tokenizer) for row in dataset.rows]
    except ShopBenchError:  # the template check reports what is wrong with it
        return 0, 0, ""
    return sum(length > cutoff for length in lengths), len(lengths), "the first "


def _read_count(dataset: Dataset, name: str) -> int:
    lengths = dataset.report.get("lengths")
    number = lengths.get(name) if isinstance(lengths, dict) else None
    return number if isinstance(number, int) else 0


def _measure(row: Row, columns: dict[str, str], tokenizer: RowTokenizer) -> int:
    example = Example(*(str(row.get(columns.get(key, "")) or "") for key in ALPACA_COLUMNS))
    return tokenizer.measure(join_question(example), example.output).total


CHECKS: tuple[Check, ...] = (find_long_rows,)

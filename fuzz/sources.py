"""What conversions read: files of rows in any form, and the rows in them."""

from functools import cache
from pathlib import Path

from converters.blocks import BlockConverter, draw_keys
from converters.ecinstruct.swaps import PAPER_SWAPS, Rewriting, load_rewritings, read_swaps
from converters.forms.registry import find_form, list_forms
from converters.settings import ConversionSettings
from converters.sources.blocks import parse_record
from converters.sources.opening import read_source
from fuzz.rules import expect, expect_one_line, read_content, split_fields
from shopbench_plugin.ecinstruct.rows import RowError

COLUMNS = (
    *("task", "split", "setting", "instruction", "input", "options", "output"),  # ECInstruct's
    *("task_type", "input_field", "output_field"),  # ShopBench's
)
_NAMES = ("rows.jsonl", "rows.json.gz", "rows.parquet")


def check_source(content: bytes) -> None:
    """Every row of a file is converted or rejected with a reason on one line, or the file is refused.

    The first byte decides what the file is called.
    """
    name = _NAMES[content[0] % len(_NAMES)] if content else _NAMES[0]
    read_content(_convert, content[1:], name)


def check_row(content: bytes) -> None:
    """A row is rewritten into text, or rejected with a reason on one line; by the paper's swaps and without.

    Zero bytes part its columns.
    """
    try:
        record = parse_record(dict(split_fields(content, COLUMNS))) or {}
        form = find_form(record, list_forms())
        row = form.read(record)
    except RowError as error:
        expect_one_line(error)
        return
    for rewritings in (load_paper_rewritings(), {}):
        try:
            *_, choice = draw_keys(row, 0)
            example = form.rewrite(row, rewritings, choice)
        except RowError as error:
            expect_one_line(error)
        else:
            expect(all(isinstance(column, str) for column in example), "a column is no text", example)
            expect((example.instruction or example.input).strip(), "nothing is asked", row)


def check_swaps(content: bytes) -> None:
    """A file of swaps is read or refused with one line."""
    read_content(read_swaps, content, "swaps.yaml")


def _convert(path: Path) -> None:
    for block in read_source(str(path)):
        part = _make_converter().convert(0, block)
        expect(len(part.columns["line"]) <= part.lines, "more rows than the block has")
        for reason in part.columns["reason"]:
            expect(len(reason.splitlines()) <= 1, "a reason has several lines", reason)


@cache
def _make_converter() -> BlockConverter:
    return BlockConverter(ConversionSettings(()), list_forms())


@cache
def load_paper_rewritings() -> dict[str, Rewriting]:
    """Return the paper's swaps, read once."""
    return load_rewritings(PAPER_SWAPS, None)

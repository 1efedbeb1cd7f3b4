"""Converting one block: every row parsed, checked, rewritten and spooled; what the report wants to know goes back."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from converters.ecinstruct.reading import read_row, restate_original
from converters.ecinstruct.reformat import reformat
from converters.ecinstruct.swaps import Rewriting
from converters.pipeline.examples import ExampleSpool, number_row
from converters.pipeline.index import INDEX_BITS, pack_entry
from converters.pipeline.keys import RowKeys, draw_keys
from converters.pipeline.settings import ConversionSettings
from converters.pipeline.spool import Spool
from converters.shopbench_form import end_with_cue, is_shopbench_form, read_question
from converters.sources.blocks import Block
from shopbench_plugin.core.errors import shorten
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import SPLITS, Example, Row, RowError
from shopbench_plugin.storage.rows import RawRow

INDEX = "index"
LISTED_REJECTS = 1_000

_SPLIT_NUMBERS = {split: number for number, split in enumerate(SPLITS)}
_CLOSED_TYPES = (TaskType.MULTIPLE_CHOICE, None)
_UNKNOWN_TASK = "(unknown)"


class Step(StrEnum):
    """What can become of a row on its way, in order."""

    READ = "read"
    REJECTED = "rejected"
    BINARY = "binary"
    OTHER_SPLIT = "other split"
    OTHER_SETTING = "other setting"
    REPEATED = "repeated"
    NOT_SAMPLED = "not sampled"
    CONVERTED = "converted"


class Group(NamedTuple):
    """Rows that are counted together.

    Attributes:
        task: the task's name.
        answer: the converted answer of a task with a closed set of them; "" where it is free text.
        has_original: whether a row that stays is also written as it was.
    """

    task: str
    answer: str
    has_original: bool


@dataclass(slots=True)
class BlockResult:
    """What became of a block.

    Attributes:
        file: the file the block is from.
        source: number of the source the file is from.
        first: number of its first row in the file, told by the process that sees all blocks.
        rows: how many rows it has, blank lines included.
        groups: what its index entries refer to.
        read: task -> rows.
        counts: (step, task) -> rows that went no further.
        types: the type of each task met.
        settings: the values of `setting` met.
        rejects: its rejects: offset of the row, and why it can't be converted.
    """

    file: str
    source: int
    first: int = 1
    rows: int = 0
    groups: list[Group] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[Step, str]] = field(default_factory=Counter)
    types: dict[str, str] = field(default_factory=dict)
    settings: set[str] = field(default_factory=set)
    rejects: list[tuple[int, str]] = field(default_factory=list)


class BlockConverter:
    """Converts blocks one after the other and spools what comes out."""

    def __init__(self, settings: ConversionSettings, rewritings: Mapping[str, Rewriting], folder: Path) -> None:
        """Spool into `folder`, with `rewritings` in place of the plain reformatting of their tasks."""
        self._settings = settings
        self._rewritings = rewritings
        self._examples = ExampleSpool(folder)
        self._index = Spool(folder, INDEX, INDEX_BITS)

    def convert(self, block: Block, number: int, source: int) -> BlockResult:
        """Convert and spool the rows of a block.

        Args:
            block: the rows.
            number: the block's number in this run.
            source: number of the block's source.

        Raises:
            OSError: the spool can't be written.
        """
        result = BlockResult(block.file, source)
        groups: dict[tuple[str, str, bool], int] = {}  # fields of a `Group`
        offset = -1
        for offset, raw in enumerate(block.rows()):
            task = _UNKNOWN_TASK
            try:
                record = parse_record(raw, block.defaults)
                if record is None:
                    continue
                row = read_record(record)
                task = row.task.name
                result.settings.add(row.setting)
                if task not in result.types:
                    result.types[task] = row.task.task_type or "binary"
                step = self._convert_row(row, number, offset, source, groups)
            except RowError as error:
                step = Step.REJECTED
                result.rejects.append((offset, str(error)))
            result.read[task] += 1
            if step is not Step.CONVERTED:
                result.counts[step, task] += 1
        result.rows = offset + 1
        result.groups = [Group(*fields) for fields in groups]
        self._examples.flush()
        self._index.flush()
        return result

    def close(self) -> None:
        """Close the spool's files."""
        self._examples.close()
        self._index.close()

    def _convert_row(
        self, row: Row, block: int, offset: int, source: int, groups: dict[tuple[str, str, bool], int]
    ) -> Step:
        settings = self._settings
        if row.task.is_binary and not settings.keep_binary:
            return Step.BINARY
        keys = draw_keys(row, settings.seed)
        step = self._find_step(row)
        length, answer, has_original = 0, "", settings.join_originals and row.instruction != ""
        if step is Step.CONVERTED:
            example = rewrite_row(row, self._rewritings, keys)
            length = len(example.instruction) + len(example.input)
            line = write_example(example)
            number = number_row(block, offset)
            if has_original:  # before the first line is spooled: a row is rejected whole or not at all
                self._examples.add(keys.original_place, number, write_example(restate_original(row)))
            self._examples.add(keys.place, number, line)
            if row.task.task_type in _CLOSED_TYPES:
                answer = example.output
        group = groups.setdefault((row.task.name, answer, has_original), len(groups))
        entry = pack_entry(
            keys.sample,
            keys.draw,
            block,
            offset,
            length,
            group,
            source,
            _SPLIT_NUMBERS[row.split],
            step is Step.CONVERTED,
        )
        self._index.add(keys.sample, entry)
        return step

    def _find_step(self, row: Row) -> Step:
        if row.split not in self._settings.splits:
            return Step.OTHER_SPLIT
        if self._settings.settings and row.setting and row.setting not in self._settings.settings:
            return Step.OTHER_SETTING
        return Step.CONVERTED


def write_example(example: Example) -> bytes:
    """Return an example as a line of JSONL.

    Raises:
        RowError: its text can't be written as UTF-8.
    """
    row = {"instruction": example.instruction, "input": example.input, "output": example.output}
    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        raise RowError("holds half a character (a lone surrogate), which is no text") from None


def rewrite_row(row: Row, rewritings: Mapping[str, Rewriting], keys: RowKeys) -> Example:
    """Return a row of either form as the challenge would ask it.

    Raises:
        RowError: the row can't be rewritten.
    """
    if not row.instruction:
        return end_with_cue(row)
    rewriting = rewritings.get(row.task.name)
    return rewriting.apply(row, keys.choice) if rewriting else reformat(row)


def read_record(record: Mapping[str, Any]) -> Row:
    """Return a record as a row, whichever data set it's from.

    Raises:
        RowError: a field is missing or wrong.
    """
    return read_question(record) if is_shopbench_form(record) else read_row(record)


def parse_record(raw: RawRow, defaults: tuple[tuple[str, str], ...] = ()) -> dict[str, Any] | None:
    """Return a raw row as a record, with `defaults` for the fields that it leaves open; None for a blank line.

    Raises:
        RowError: it is not UTF-8, not JSON, or no object.
    """
    record: Any = raw
    if not isinstance(raw, dict):
        try:
            record = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            if not raw.strip():
                return None
            record = _parse_leniently(raw, error)
        if not isinstance(record, dict):
            raise RowError(f"is no JSON object: {shorten(raw[:100].decode(errors='replace').strip())}")
    fields: dict[str, Any] = record
    for name, value in defaults:
        if fields.get(name) is None:
            fields[name] = value
    return fields


def _parse_leniently(text: bytes, error: ValueError) -> object:
    """Parse what data frames write (NaN), which orjson refuses."""
    try:
        return json.loads(text.decode())
    except UnicodeDecodeError as wrong:
        raise RowError(f"is not UTF-8 (byte {wrong.start + 1} of the row)") from None
    except (ValueError, RecursionError):
        raise RowError(f"is not valid JSON ({error})") from None

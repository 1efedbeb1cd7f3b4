"""Converting one block: every row parsed, checked, rewritten and encoded, with what the report wants to know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from struct import Struct
from typing import NamedTuple

import orjson

from converters.ecinstruct.swaps import Rewriting
from converters.forms.form import Form
from converters.forms.registry import find_form
from converters.keys import draw_keys
from converters.lengths import LengthCheck
from converters.settings import ConversionSettings
from converters.sources.blocks import Block
from converters.sources.records import parse_record
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import SPLITS, Example, Row, RowError

LISTED_REJECTS = 1_000

ENTRY_FIELDS = {
    "sample": "<u8",
    "draw": "<u8",
    "place": "<u8",
    "original_place": "<u8",
    "offset": "<u4",
    "length": "<u4",
    "size": "<u4",
    "original_size": "<u4",
    "group": "<u4",
    "split": "u1",
    "over": "u1",
    "cut": "u1",
}
"""What is told of each row, for NumPy: the four keys that it draws (see `keys`), its place in the block, the characters
of its prompt, the bytes of its line and of its original's (0 where there is none), its group and split; how many of its
two lines exceed cutoff_len, and whether its own was shortened."""

_pack_entry = Struct("<QQQQIIIIIBBB").pack
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
        entries: an entry for each row that was understood and is of no dropped task, with the fields of ENTRY_FIELDS.
        lines: the encoded lines of these rows one after the other, a row's original behind its own.
        groups: what the entries refer to.
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
    entries: bytes = b""
    lines: bytes = b""
    groups: list[Group] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[Step, str]] = field(default_factory=Counter)
    types: dict[str, str] = field(default_factory=dict)
    settings: set[str] = field(default_factory=set)
    rejects: list[tuple[int, str]] = field(default_factory=list)


class BlockConverter:
    """Converts blocks one after the other."""

    def __init__(
        self, settings: ConversionSettings, rewritings: Mapping[str, Rewriting], forms: Sequence[Form]
    ) -> None:
        """Convert rows in any of the `forms`, with `rewritings` in place of the plain reformatting of their tasks."""
        self._settings = settings
        self._rewritings = rewritings
        self._forms = forms
        self._lengths = LengthCheck(settings.lengths) if settings.lengths else None
        self._entries: list[bytes] = []
        self._lines: list[bytes] = []
        self._groups: dict[tuple[str, str, bool], int] = {}  # fields of a `Group`

    def convert(self, block: Block, source: int) -> BlockResult:
        """Convert the rows of a block of the source with this number."""
        result = BlockResult(block.file, source)
        self._entries, self._lines, self._groups = [], [], {}
        offset = -1
        for offset, raw in enumerate(block.rows()):
            task = _UNKNOWN_TASK
            try:
                record = parse_record(raw, block.defaults)
                if record is None:
                    continue
                form = find_form(record, self._forms)
                row = form.read(record)
                task = row.task.name
                result.settings.add(row.setting)
                if task not in result.types:
                    result.types[task] = row.task.task_type or "binary"
                step = self._convert_row(row, form, offset)
            except RowError as error:
                step = Step.REJECTED
                result.rejects.append((offset, str(error)))
            result.read[task] += 1
            if step is not Step.CONVERTED:
                result.counts[step, task] += 1
        result.rows = offset + 1
        result.entries, result.lines = b"".join(self._entries), b"".join(self._lines)
        result.groups = [Group(*fields) for fields in self._groups]
        return result

    def _convert_row(self, row: Row, form: Form, offset: int) -> Step:
        settings = self._settings
        if row.task.is_binary and not settings.keep_binary:
            return Step.BINARY
        keys = draw_keys(row, settings.seed)
        step = self._find_step(row)
        restate = form.restate if settings.join_originals else None
        line, original, length, answer = b"", b"", 0, ""
        over, is_cut = 0, False
        if step is Step.CONVERTED:
            example = form.rewrite(row, self._rewritings, keys.choice)
            stated = restate(row) if restate else None
            if self._lengths:
                example, is_over, is_cut = self._lengths.fit(example, row.task.task_type)
                over = is_over + (stated is not None and self._lengths.measure(stated).is_over)
            length = len(example.instruction) + len(example.input)
            line = encode_example(example)
            original = encode_example(stated) if stated else b""
            if row.task.task_type in _CLOSED_TYPES:
                answer = example.output
            self._lines += line, original
        group = self._groups.setdefault((row.task.name, answer, restate is not None), len(self._groups))
        drawn = keys.sample, keys.draw, keys.place, keys.original_place
        sizes = length, len(line), len(original)
        entry = _pack_entry(*drawn, offset, *sizes, group, _SPLIT_NUMBERS[row.split], over, is_cut)
        self._entries.append(entry)
        return step

    def _find_step(self, row: Row) -> Step:
        if row.split not in self._settings.splits:
            return Step.OTHER_SPLIT
        if self._settings.settings and row.setting and row.setting not in self._settings.settings:
            return Step.OTHER_SETTING
        return Step.CONVERTED


def encode_example(example: Example) -> bytes:
    """Return an example as a line of JSONL.

    Raises:
        RowError: its text can't be written as UTF-8.
    """
    row = {"instruction": example.instruction, "input": example.input, "output": example.output}
    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        raise RowError("holds half a character (a lone surrogate), which is no text") from None

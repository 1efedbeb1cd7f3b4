"""Converting one block: every row parsed, checked, rewritten and encoded, with the counts that the report needs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
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
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError

_CLOSED_TYPES = (TaskType.MULTIPLE_CHOICE, None)
_UNKNOWN_TASK = "(unknown)"
_UNSELECTED = (0, 0, False), ("", b"", b"")


class Step(StrEnum):
    """The outcomes for a row, in the order in which they are decided."""

    READ = "read"
    REJECTED = "rejected"
    BINARY = "binary"
    OTHER_SPLIT = "other split"
    OTHER_SETTING = "other setting"
    REPEATED = "repeated"
    NOT_SAMPLED = "not sampled"
    CONVERTED = "converted"


ENTRY = np.dtype(
    [
        *((key, np.uint64) for key in ("sample", "draw", "place", "original_place")),
        *((number, np.int64) for number in ("source", "block", "offset", "length", "over", "cut")),
        *((text, np.object_) for text in ("task", "split", "answer", "line", "original")),
    ]
)
"""A row that could be read and whose task is kept: a tuple from its worker, later one row of a table.

sample, draw, place, original_place: its random numbers (see `RowKeys`).
source, block, offset: numbers of its source and its block, and its position in the block.
length, over, cut: length of its prompt in characters, how many of its two lines exceed cutoff_len, and 1 if it was
    shortened to cutoff_len.
task, split: their names.
answer: the converted answer of a task with a closed set of answers; "" for free text.
line, original: the converted row, and the row as its source states it, encoded; the latter is empty if only the
    converted row is written, both (and the lengths and the answer) if the row's split or setting isn't selected.
"""
Entry = tuple[int | str | bytes, ...]


@dataclass(slots=True)
class BlockResult:
    """The result of converting a block.

    Attributes:
        file: the file the block is from.
        source: number of the source the file is from.
        first: number of its first row in the file, set by the process that sees all blocks.
        rows: number of rows, blank lines included.
        entries: the rows that could be read and whose tasks are kept.
        counts: (task, step) -> rows, before repeats are removed and the sample is drawn.
        types: the type of each task found.
        settings: the values of `setting` found.
        rejects: its rejects: offset of the row, and why it can't be converted.
    """

    file: str
    source: int
    first: int = 1
    rows: int = 0
    entries: list[Entry] = field(default_factory=list)
    counts: Counter[tuple[str, Step]] = field(default_factory=Counter)
    types: dict[str, str] = field(default_factory=dict)
    settings: set[str] = field(default_factory=set)
    rejects: list[tuple[int, str]] = field(default_factory=list)


class BlockConverter:
    """Converts blocks one by one."""

    def __init__(
        self, settings: ConversionSettings, rewritings: Mapping[str, Rewriting], forms: Sequence[Form]
    ) -> None:
        """Convert rows in any of the `forms`, with `rewritings` instead of the plain reformatting of their tasks."""
        self._settings = settings
        self._rewritings = rewritings
        self._forms = forms
        self._lengths = LengthCheck(settings.lengths) if settings.lengths else None

    def convert(self, number: int, source: int, block: Block) -> BlockResult:
        """Convert the rows of block `number`, which is from source number `source`."""
        result = BlockResult(block.file, source)
        for offset, raw in enumerate(block.rows()):
            result.rows += 1
            task = _UNKNOWN_TASK
            try:
                record = parse_record(raw, block.defaults)
                if record is None:
                    continue
                form = find_form(record, self._forms)
                row = form.read(record)
                task = row.task.name
                result.settings.add(row.setting)
                result.types.setdefault(task, row.task.task_type or "binary")
                step = self._find_step(row)
                if step is not Step.BINARY:
                    *keys, choice = draw_keys(row, self._settings.seed)
                    lengths, texts = self._rewrite(row, form, choice) if step is Step.CONVERTED else _UNSELECTED
                    result.entries.append((*keys, source, number, offset, *lengths, task, row.split, *texts))
            except RowError as error:
                step = Step.REJECTED
                result.rejects.append((offset, str(error)))
            result.counts[task, step] += 1
        return result

    def _find_step(self, row: Row) -> Step:
        settings = self._settings
        if row.task.is_binary and not settings.keep_binary:
            return Step.BINARY
        if row.split not in settings.splits:
            return Step.OTHER_SPLIT
        if settings.settings and row.setting and row.setting not in settings.settings:
            return Step.OTHER_SETTING
        return Step.CONVERTED

    def _rewrite(self, row: Row, form: Form, choice: int) -> tuple[tuple[int, int, bool], tuple[str, bytes, bytes]]:
        """Return the fields of an entry from `length` to `cut`, and from `answer` on."""
        task_type, over, is_cut, original = row.task.task_type, 0, False, b""
        example = form.rewrite(row, self._rewritings, choice)
        if form.restate and self._settings.join_originals:
            restated = form.restate(row)
            original = encode_example(restated)
            over += self._lengths is not None and self._lengths.measure(restated).is_over
        if self._lengths:
            example, is_over, is_cut = self._lengths.fit(example, task_type)
            over += is_over
        instruction, content, output = example
        answer = output if task_type in _CLOSED_TYPES else ""
        return (len(instruction) + len(content), over, is_cut), (answer, encode_example(example), original)


def encode_example(example: Example) -> bytes:
    """Return an example as a JSONL line.

    Raises:
        RowError: its text can't be encoded as UTF-8.
    """
    instruction, content, output = example
    line = {"instruction": instruction, "input": content, "output": output}
    try:
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        raise RowError("contains a lone surrogate, which is not valid text; fix or remove the row") from None

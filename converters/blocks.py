"""Converting one block: every row parsed, checked, rewritten and encoded, as one row of a table."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from converters.ecinstruct.swaps import Rewriting
from converters.forms.form import Form
from converters.forms.registry import find_form
from converters.keys import draw_keys
from converters.lengths import LengthCheck
from converters.settings import ConversionSettings
from converters.sources.blocks import Block, parse_record
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError, Task

_CLOSED_TYPES = (TaskType.MULTIPLE_CHOICE, None)
_UNREAD = Row(Task("(unknown)", None), "", "", "", "", "", "")
_NO_KEYS = (0, 0, 0, 0)
_UNWRITTEN = (0, 0, 0, "", b"", b"")


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


_TABLE = np.dtype(
    [
        ("source", np.int64),
        ("file", np.object_),
        ("line", np.int64),
        *((text, np.object_) for text in ("step", "reason", "task", "type", "split", "setting")),
        *((key, np.uint64) for key in ("sample", "draw", "place", "original_place")),
        *((number, np.int64) for number in ("length", "over", "cut")),
        *((text, np.object_) for text in ("answer", "converted", "original")),
    ]
)
Outcome = tuple[int | str | bytes | None, ...]
"""A row of the table, its line counted from the block's first; tuples are sent between processes fastest."""


class BlockResult(NamedTuple):
    """What became of a block: number of its source, its file, its number of lines, and the outcomes of its rows."""

    source: int
    file: str
    lines: int
    outcomes: list[Outcome]


def make_table(results: Iterable[BlockResult]) -> NDArray[np.void]:
    """Return a table of all rows, in the order of the sources, with these columns.

    source, file, line: the number of its source, and its place.
    step: its outcome so far, before repeats are removed and the sample is drawn.
    reason: why it can't be converted; "" if it can.
    task, type, split, setting: of the row; the type is "binary" for yes/no tasks, None if the row couldn't be read.
    sample, draw, place, original_place: its random numbers (see `draw_keys`); 0 for rows rejected early or binary.
    length, over, cut: length of its prompt in characters, how many of its two lines exceed cutoff_len, and 1 if it was
        shortened to cutoff_len.
    answer: the converted answer of a task with a closed set of answers; "" for free text.
    converted, original: the converted row, and the row as its source states it, encoded; the latter is empty if only
        the converted row is written, both (and lengths and answer) if the row isn't converted.
    """
    first, place, tables = 0, (-1, ""), []
    for source, file, lines, outcomes in results:
        if (source, file) != place:
            first, place = 0, (source, file)
        table = np.array(outcomes, _TABLE)
        table["line"] += first
        first += lines
        tables.append(table)
    return np.concatenate(tables) if tables else np.array([], _TABLE)


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

    def convert(self, source: int, block: Block) -> BlockResult:
        """Convert the rows of a block of source number `source`."""
        line, outcomes = 0, list[Outcome]()
        for line, raw in enumerate(block.rows(), start=1):
            row, written, reason = _UNREAD, _UNWRITTEN, ""
            keys: Sequence[int] = _NO_KEYS
            try:
                record = parse_record(raw, block.defaults)
                if record is None:
                    continue
                form = find_form(record, self._forms)
                row = form.read(record)
                step = self._find_step(row)
                if step is not Step.BINARY:
                    *keys, choice = draw_keys(row, self._settings.seed)
                    if step is Step.CONVERTED:
                        written = self._rewrite(row, form, choice)
            except RowError as error:
                step, reason = Step.REJECTED, str(error)
            task = row.task
            kind = None if row is _UNREAD else task.task_type or "binary"
            place = (source, block.file, line)
            outcomes.append((*place, step, reason, task.name, kind, row.split, row.setting, *keys, *written))
        return BlockResult(source, block.file, line, outcomes)

    def _find_step(self, row: Row) -> Step:
        settings = self._settings
        if row.task.is_binary and not settings.keep_binary:
            return Step.BINARY
        if row.split not in settings.splits:
            return Step.OTHER_SPLIT
        if settings.settings and row.setting and row.setting not in settings.settings:
            return Step.OTHER_SETTING
        return Step.CONVERTED

    def _rewrite(self, row: Row, form: Form, choice: int) -> tuple[int, int, bool, str, bytes, bytes]:
        """Return the columns of the table from `length` to `original`."""
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
        return len(instruction) + len(content), over, is_cut, answer, encode_example(example), original


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

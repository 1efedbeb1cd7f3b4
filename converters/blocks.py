"""Converting one block: every row parsed, checked, rewritten and encoded, with the numbers that decide its draws.

These are derived from the row's own text and the seed. Whether a row is sampled, its position in the file and its
option order therefore don't depend on the file format, the order of rows, the machine, or the number of processes.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from struct import Struct

import orjson
from xxhash import xxh3_128_digest

from converters.ecinstruct.swaps import load_rewritings
from converters.forms.form import Form
from converters.forms.registry import find_form
from converters.lengths import LengthCheck
from converters.sample import Part, Step, make_columns
from converters.settings import ConversionSettings
from converters.sources.blocks import Block, parse_record
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import Example, Row, RowError, Task

_CLOSED_TYPES = (TaskType.MULTIPLE_CHOICE, None)
_UNREAD = Row(Task("(unknown)", None), "", "", "", "", "", "")
_NO_KEYS = (0, 0, 0, 0)
_UNWRITTEN = (0, 0, 0, "", b"", b"")
_TWO_INTEGERS = Struct("<QQ")
_FOUR_INTEGERS = Struct("<QQQQ")
_MASK = (1 << 64) - 1


class BlockConverter:
    """Converts blocks one by one."""

    def __init__(self, settings: ConversionSettings, forms: Sequence[Form]) -> None:
        """Convert rows in any of the `forms`.

        Raises:
            ShopBenchError: swaps, development set or tokenizer can't be used.
        """
        self._settings = settings
        self._forms = forms
        self._rewritings = load_rewritings(settings.swaps, settings.development_set)
        self._lengths = LengthCheck(settings.lengths) if settings.lengths else None

    def convert(self, source: int, block: Block) -> Part:
        """Convert the rows of a block of source number `source`."""
        line, rows = 0, []
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
            rows.append((line, step, reason, task.name, kind, row.split, row.setting, *keys, *written))
        return Part(source, block.file, line, make_columns(rows))

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
        return orjson.dumps(line) + b"\n"  # a copy: the buffer that orjson returns occupies several times its length
    except TypeError:
        raise RowError("contains a lone surrogate, which is not valid text; fix or remove the row") from None


def draw_keys(row: Row, seed: int) -> tuple[int, int, int, int, int]:
    """Return five 64-bit numbers of a row: hashes of its content, spread by factors drawn from seed and wording.

    Returns:
        sample: the same for every row of one sample, regardless of instruction, setting and split.
        draw: decides whether the row is sampled; like those below, the same only for exact repeats.
        place: decides the position of the reformatted row in the file.
        original_place: decides the position of the original row.
        choice: decides wording and option order.
    """
    task, split, setting, instruction, text, options, output = row
    content = f"{task.name}\0{text}\0{options}\0{output}".encode("utf-8", "surrogatepass")
    sample, number = _TWO_INTEGERS.unpack(xxh3_128_digest(content))
    factors = _draw_factors(instruction, setting, split, seed)
    draw, choice, place, original_place = [number * factor & _MASK for factor in factors]
    return sample, draw, place, original_place, choice


@lru_cache(maxsize=4096)
def _draw_factors(instruction: str, setting: str, split: str, seed: int) -> tuple[int, ...]:
    """Return four odd numbers; multiplying a uniform number by one keeps it uniform, and differs for every wording."""
    wording = f"{seed}\0{split}\0{setting}\0{instruction}".encode("utf-8", "surrogatepass")
    return tuple(number | 1 for number in _FOUR_INTEGERS.unpack(blake2b(wording, digest_size=32).digest()))

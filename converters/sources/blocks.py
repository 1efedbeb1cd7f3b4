"""Blocks of raw rows, the unit in which a source is read and converted: large enough to be fast, small in memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from shopbench_plugin.errors import ShopBenchError

BLOCK_BYTES = 2 << 20
BLOCK_ROWS = 2_000
_BUFFERED_BYTES = 1 << 17

RawRow = bytes | dict[str, Any]


class Stretch(NamedTuple):
    """Whole lines of a plain file by their place in it, so that the process that converts them reads them itself."""

    offset: int
    length: int

    def read(self, file: str) -> Iterator[bytes]:
        """Yield the lines, without their ends; one by one, since megabytes at once cost more than all of them.

        Raises:
            ShopBenchError: they aren't there any more.
        """
        left = self.length
        try:
            with Path(file).open("rb", buffering=_BUFFERED_BYTES) as stream:
                stream.seek(self.offset)
                for line in stream:
                    yield line.rstrip(b"\n")
                    left -= len(line)
                    if left <= 0:
                        return
        except OSError as error:
            raise ShopBenchError(f"{file}: cannot be read ({error.strerror}); check the path") from error
        raise ShopBenchError(f"{file}: got shorter while it was read; run it again when it is whole")


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive rows of a file.

    Attributes:
        file: the file's path, for messages.
        first: number of the first row: its line in a JSONL file, its place from 1 elsewhere.
        content: JSONL text of whole lines, where in the file it stands, or the rows one by one, as JSON text or parsed.
        defaults: fields that the path tells where a row does not: task, setting, split.
        size: bytes read from the source for this block, for the progress bar.
    """

    file: str
    first: int
    content: bytes | Stretch | Sequence[RawRow]
    defaults: tuple[tuple[str, str], ...] = ()
    size: int = 0

    def rows(self) -> Iterable[RawRow]:
        """Return the raw rows; a blank line is an empty one.

        Raises:
            ShopBenchError: the file can't be read any more.
        """
        if isinstance(self.content, Stretch):
            return self.content.read(self.file)
        if isinstance(self.content, bytes):
            return self.content.removesuffix(b"\n").split(b"\n")
        return self.content

    def numbered_rows(self) -> Iterator[tuple[int, RawRow]]:
        """Yield each raw row with its number, but for blank lines.

        Raises:
            ShopBenchError: the file can't be read any more.
        """
        for number, raw in enumerate(self.rows(), start=self.first):
            if not isinstance(raw, bytes) or (raw and not raw.isspace()):
                yield number, raw


def group_rows(rows: Iterable[RawRow], file: str, defaults: tuple[tuple[str, str], ...] = ()) -> Iterator[Block]:
    """Yield rows that come one by one as blocks."""
    group: list[RawRow] = []
    first, size = 1, 0
    for row in rows:
        group.append(row)
        size += len(row) if isinstance(row, bytes) else 0
        if len(group) == BLOCK_ROWS or size >= BLOCK_BYTES:
            yield Block(file, first, group, defaults, size)
            first, group, size = first + len(group), [], 0
    if group:
        yield Block(file, first, group, defaults, size)

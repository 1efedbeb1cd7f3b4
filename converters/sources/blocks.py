"""Blocks of raw rows, the unit in which a source is read and converted: large enough to be fast, small in memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from shopbench_plugin.errors import ShopBenchError

BLOCK_BYTES = 2 << 20
BLOCK_ROWS = 2_000

RawRow = bytes | dict[str, Any]


class Stretch(NamedTuple):
    """Whole lines of a plain file by their place in it, so that the process that converts them reads them itself."""

    offset: int
    length: int

    def read(self, file: str) -> bytes:
        """Return the lines.

        Raises:
            ShopBenchError: they aren't there any more.
        """
        try:
            with Path(file).open("rb", buffering=0) as stream:
                stream.seek(self.offset)
                text = stream.read(self.length)
        except OSError as error:
            raise ShopBenchError(f"{file}: cannot be read ({error.strerror}); check the path") from error
        if len(text) < self.length:
            raise ShopBenchError(f"{file}: got shorter while it was read; run it again when it is whole")
        return text


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

    def rows(self) -> Sequence[RawRow]:
        """Return the raw rows; a blank line is an empty one.

        Raises:
            ShopBenchError: the file can't be read any more.
        """
        content = self.content.read(self.file) if isinstance(self.content, Stretch) else self.content
        return content.removesuffix(b"\n").split(b"\n") if isinstance(content, bytes) else content

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

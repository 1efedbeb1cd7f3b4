"""Files with the rows of a question set: a file, a folder, a zip archive, or what `datasets` saves to disk."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, cast

import orjson

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage.files import open_to_read
from shopbench_plugin.storage.rows import (
    PARQUET_MAGIC,
    PIECE_BYTES,
    RawRow,
    read_arrow,
    read_csv,
    read_parquet,
    read_start,
    split_array,
    unpack,
)

if TYPE_CHECKING:
    import hashlib

ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".parquet", ".arrow", ".gz")
# Other files that `datasets` and this project's commands write.
_NO_ROWS = ("dataset_info.json", "dataset_dict.json", "state.json", ".report.json", ".run.json")
_ZIP_MAGIC = b"PK\x03\x04"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file of rows.

    Attributes:
        place: its name in messages: its path, or the archive's path and the path in it.
        path: its path, by which formats recognize it.
        open: opens its bytes.
    """

    place: str
    path: PurePath
    open: Callable[[], AbstractContextManager[IO[bytes]]]


def name_file(path: Path) -> RowFile:
    """Return a file that is not in an archive."""
    return RowFile(str(path), path, partial(open_to_read, path))


def find_files(path: Path) -> list[RowFile]:
    """Return the files of rows at `path`, in the order of their names; a single file may have any name.

    Raises:
        ShopBenchError: `path` does not exist, or has no file that may contain rows.
    """
    if path.is_dir():
        found = sorted(one for one in path.rglob("*") if one.is_file() and _may_hold_rows(one.relative_to(path)))
        files = [name_file(one) for one in found]
    elif path.is_file() and _has_magic(path, _ZIP_MAGIC):
        files = _list_archive(path)
    else:
        return [name_file(path)]
    if not files:
        raise ShopBenchError(f"{path}: contains no {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]} file")
    return files


def read_rows(file: RowFile) -> Iterator[tuple[int, Row | ShopBenchError]]:
    """Yield (number, row) for each row: the line number in JSON lines, its index from 1 elsewhere.

    A row that can't be read is yielded as its error, so that the others can still be used.

    Raises:
        ShopBenchError: the file as a whole can't be read.
    """
    with file.open() as stream, unpack(stream, file.place) as unpacked:
        rows = read_table(file, unpacked) or split_json(read_start(unpacked, file.place), unpacked)
        for number, raw in enumerate(rows, start=1):
            if isinstance(raw, dict):
                yield number, raw
            elif raw.strip():
                yield number, _parse(raw, f"{file.place}:{number}")


def read_table(file: RowFile, stream: IO[bytes]) -> Iterator[RawRow] | None:
    """Return the rows of a Parquet, Arrow or CSV file, None if it is another file.

    Raises:
        ShopBenchError: it can't be read as what it is (when the rows are iterated).
    """
    if file.path.suffix == ".parquet" or _starts_with(stream, PARQUET_MAGIC):
        return read_parquet(stream, file.place)
    if file.path.suffix == ".arrow":
        return read_arrow(stream, file.place)
    return read_csv(stream, file.place) if ".csv" in file.path.suffixes[-2:] else None


def split_json(start: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """Return the rows of a JSON array or of JSON lines, whose first bytes are `start`, as JSON text."""
    if start.lstrip().startswith(b"["):
        return split_array(start, stream)
    *lines, last = start.split(b"\n")
    return chain(lines, [last + stream.readline()], stream)


def _parse(text: bytes, place: str) -> Row | ShopBenchError:
    try:
        row = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return ShopBenchError(f"{place}: not valid JSON ({error}); fix or remove the row")
    if not isinstance(row, dict):
        return ShopBenchError(f"{place}: not a JSON object; every row must be one {{...}}")
    return row


def _list_archive(path: Path) -> list[RowFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if _may_hold_rows(PurePosixPath(name)))
    except (zipfile.BadZipFile, OSError) as error:
        raise ShopBenchError(f"{path}: not a complete zip archive ({error}); download it again") from error
    return [RowFile(f"{path}/{name}", PurePosixPath(name), _make_opener(path, name)) for name in names]


def _make_opener(path: Path, name: str) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    @contextmanager
    def open_member() -> Iterator[IO[bytes]]:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
                yield stream
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise ShopBenchError(f"{path}/{name}: cannot be unpacked ({error}); download it again") from error

    return open_member


def _may_hold_rows(path: PurePath) -> bool:
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    is_cache = path.name.startswith("cache-") and path.suffix == ".arrow"
    return path.name.endswith(ENDINGS) and not (is_hidden or is_cache or path.name.endswith(_NO_ROWS))


def _has_magic(path: Path, magic: bytes) -> bool:
    with open_to_read(path) as stream:
        return _starts_with(stream, magic)


def _starts_with(stream: IO[bytes], magic: bytes) -> bool:
    # Every kind of stream has `peek`: a file, a member of an archive, an unpacked gzip.
    return cast("Any", stream).peek(len(magic)).startswith(magic)  # type: ignore[no-any-return]


def feed_digest(digest: "hashlib._Hash", path: Path) -> None:
    """Add the content of `path` to a digest: a file's bytes, or the names and bytes of a folder's files of rows.

    Raises:
        ShopBenchError: it can't be read.
    """
    files = find_files(path) if path.is_dir() else [name_file(path)]
    for file in files:
        if path.is_dir():
            digest.update(file.path.relative_to(path).as_posix().encode())
        with file.open() as stream:
            while piece := stream.read(PIECE_BYTES):
                digest.update(piece)

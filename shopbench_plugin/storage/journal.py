"""The journal of a run: answers in the order in which they arrive, so that a resumed run asks no question twice.

It is next to the output as `NAME.part`: a first line that names the run, then a line per answer with the question's
index. Anything after the last complete line, such as a line cut off by a kill, is dropped when the run is resumed. A
journal without answers belongs to no run: any run may reuse it, and closing it deletes it. Only this process can write
to it, and a file that is not such a journal is left unchanged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from filelock import FileLock

from shopbench_plugin.core.errors import ShopBenchError, explain_os_error
from shopbench_plugin.storage.files import dump_json_line
from shopbench_plugin.storage.locks import hold

_START = b'{"run":'


@dataclass(slots=True)
class Journal:
    """An open journal.

    Attributes:
        path: the file.
        rows: output rows by question index, including those from earlier attempts of the same run.
    """

    path: Path
    rows: dict[int, dict[str, Any]]
    _stream: BufferedRandom

    def add(self, index: int, row: dict[str, Any]) -> None:
        """Save an answer; it survives if this process is killed.

        Raises:
            ShopBenchError: the disk is full; earlier answers are kept.
        """
        self._append({"index": index, "row": row})
        self.rows[index] = row

    def begin(self, run: str) -> None:
        """Write the first line, which names the run.

        Raises:
            ShopBenchError: the disk is full.
        """
        self._append({"run": run})

    def _append(self, record: dict[str, Any]) -> None:
        # Unbuffered: data that a full disk rejected must not be written again when the file is closed.
        rest = memoryview(dump_json_line(record))
        advice = f"make room there, then run the same command again to continue after {len(self.rows)} answers"
        with explain_os_error(self.path, "written", advice):
            while rest:
                rest = rest[self._stream.raw.write(rest) or 0 :]

    def remove(self) -> None:
        """Delete the file, once its rows are stored elsewhere."""
        self.path.unlink(missing_ok=True)


@contextmanager
def open_journal(path: Path, run: str, *, overwrite: bool) -> Iterator[Journal]:
    """Yield the journal at `path`, which resumes an earlier attempt of the same `run`.

    Args:
        path: the file, created if it doesn't exist.
        run: the run's fingerprint.
        overwrite: start again if the journal contains another run's answers.

    Raises:
        ShopBenchError: the file can't be written, another process is writing it, it contains another run's answers, or
            it is not a journal.
    """
    held = _lock(path)
    try:
        with path.open("a+b") as stream:
            rows, end = _read(stream, path, run, overwrite=overwrite)
            stream.truncate(end)
            journal = Journal(path, rows, stream)
            try:
                if end == 0:
                    journal.begin(run)
                yield journal
            finally:
                if not rows and _is_without_answers(path):
                    path.unlink(missing_ok=True)  # while the lock still holds
    finally:
        held.release()


def _is_without_answers(path: Path) -> bool:
    """Return whether the file has no line after its first: a signal may come between an answer's line and its row."""
    return path.is_file() and path.read_bytes().count(b"\n") <= 1


def read_run(path: Path) -> str | None:
    """Return the run that the journal at `path` belongs to; None if there is no journal."""
    try:
        if not path.is_file():  # a pipe would never end
            return None
        with path.open("rb") as stream:
            written_by = _parse(stream.readline()).get("run")
    except OSError:
        return None
    return written_by if isinstance(written_by, str) else None


def _lock(path: Path) -> FileLock:
    if path.exists() and not path.is_file():
        raise ShopBenchError(f"{path}: is not an ordinary file; remove it or choose another --output")
    with explain_os_error(path, "written", "choose another --output"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return hold(path)
        except BlockingIOError as error:
            raise ShopBenchError(
                f"{path}: another run is writing to it; wait for it or choose another --output"
            ) from error


def _read(stream: BinaryIO, path: Path, run: str, *, overwrite: bool) -> tuple[dict[int, dict[str, Any]], int]:
    """Return this run's rows, and their end: 0 if the file should be started again."""
    stream.seek(0)
    first = stream.readline()
    if not first.endswith(b"\n") and _START.startswith(first[: len(_START)]):
        return {}, 0
    written_by = _parse(first).get("run")
    rows, end = _read_rows(stream, len(first))
    if written_by == run:
        return rows, end
    if overwrite or (written_by is not None and not rows):
        return {}, 0
    raise ShopBenchError(
        f"{path}: contains answers of another run (other model, questions or settings); choose another --output, "
        "or pass --overwrite to start again"
    )


def _read_rows(stream: BinaryIO, end: int) -> tuple[dict[int, dict[str, Any]], int]:
    """Return the rows of the complete lines from `end` on, and their end."""
    rows: dict[int, dict[str, Any]] = {}
    for line in stream:
        record = _parse(line)
        index, row = record.get("index"), record.get("row")
        if type(index) is not int or index < 0 or not isinstance(row, dict):  # true is an int by isinstance
            break
        rows[index] = row
        end += len(line)
    return rows, end


def _parse(line: bytes) -> dict[str, Any]:
    """Return the object of a complete line, an empty one for anything else."""
    try:
        record = orjson.loads(line) if line.endswith(b"\n") else {}
    except orjson.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {}

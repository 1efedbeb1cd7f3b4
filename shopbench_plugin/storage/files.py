"""Reading and writing the project's files: errors that name the line, and atomic output."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from shopbench_plugin.core.errors import ShopBenchError, explain_os_error
from shopbench_plugin.storage.temporaries import open_temporary_file

RUN_NOTE = "run.json"
"""The ending of the note that `shopbench predict` writes next to its output."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@contextmanager
def open_to_read(path: Path) -> Iterator[BufferedReader]:
    """Open a file of bytes.

    Raises:
        ShopBenchError: it can't be opened, or not be read within the block.
    """
    with explain_os_error(path, "read", "check the path"), path.open("rb") as stream:
        yield stream


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number from 1, object) for every line of a JSONL file that isn't blank.

    Raises:
        ShopBenchError: the file can't be read, or a line is not a JSON object.
    """
    with open_to_read(path) as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(_BYTE_ORDER_MARK).strip()
            if text:
                yield number, _parse_object(text, path, number)


def _parse_object(text: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        row = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ShopBenchError(f"{path}:{number}: not valid JSON ({error}); fix or remove the line") from error
    if not isinstance(row, dict):
        raise ShopBenchError(f"{path}:{number}: not a JSON object; every line must be one {{...}} row")
    return row


def read_note(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file that a program left; empty if there is none, or none that can be read."""
    try:
        content = json.loads(path.read_bytes())  # a trainer's may contain NaN
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal.

    Raises:
        ShopBenchError: it can't be read.
    """
    with open_to_read(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def dump_json_line(row: object) -> bytes:
    """Return `row` as one line of JSONL, newline included, text unescaped in UTF-8."""
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def name_beside(path: Path, ending: str) -> Path:
    """Return the companion file next to `path`: for `a.jsonl` and the ending "part", `a.jsonl.part`."""
    return path.with_name(f"{path.name}.{ending}")


@contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file next to `path` that replaces it only if the block succeeds.

    After an error, a full disk or an interrupt, `path` is unchanged and no other file is left, nor a folder that was
    created for it. A `path` that exists and is not an ordinary file (a pipe, /dev/stdout) is written to directly, as it
    can't be replaced. A symbolic link is kept, and its target is replaced.

    Raises:
        ShopBenchError: the folder can't be created or written to.
    """
    if path.is_dir():
        raise ShopBenchError(f"{path}: is a folder; name a file")
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    with ExitStack() as stack:
        if not place.parent.exists():
            stack.callback(_remove_if_empty, place.parent)
        with explain_os_error(path, "written", "choose another place"):
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary = stack.enter_context(open_temporary_file(place))
        with explain_os_error(path, "written", "make room or choose another place (an old file is kept)"):
            with temporary.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(place)  # while the file is still locked


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def write_json_file(path: Path, content: object) -> None:
    """Write `content` as a file of indented JSON, whole or not at all.

    Raises:
        ShopBenchError: the file can't be written.
    """
    with write_atomically(path) as stream:
        stream.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))

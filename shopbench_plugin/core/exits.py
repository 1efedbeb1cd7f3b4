"""Early exits: one line on standard error, and a shell's usual exit status."""

import errno
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from shopbench_plugin.core.errors import ShopBenchError, make_printable

_INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
"""The process's exit status on SIGTERM within `explain_exit`."""
_HUNG_UP = 128 + 1  # SIGHUP, which Windows lacks
_STOPPED = {_INTERRUPTED, TERMINATED, _HUNG_UP}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENOMEM}
_NO_HANDLES = {errno.EMFILE, errno.ENFILE}
_NO_NAME = {errno.ENAMETOOLONG, errno.ELOOP}
_LONGEST_PLACE = 200
# Rust libraries (safetensors, tokenizers) raise their own errors with a number in the text; torch.save has no number.
_RUST_NUMBER = re.compile(r"\(os error (\d+)\)")
_TORCH_WRITER = re.compile(r"PytorchStreamWriter failed|inline_container\S* .*unexpected pos", re.DOTALL)
_TORCH_MEMORY = re.compile(r"DefaultCPUAllocator|out of memory|bad_alloc")
_MACHINE_ERRORS = (MemoryError, RuntimeError, OSError)
_MACHINE_PACKAGES = {"torch", "safetensors"}


@contextmanager
def explain_exit(place: str = "") -> Iterator[None]:
    """Exit with a one-line message if the block fails for a reason outside the program.

    These are errors that name their fix, a full or failing disk, lack of memory, and SIGINT, SIGTERM and SIGHUP (a
    closed terminal), which exit with 130, 143 and 129 after open files and engines are closed. Anything else is a bug
    and keeps its traceback.

    Args:
        place: the output folder, for errors that don't name one.
    """
    signal.signal(signal.SIGTERM, _end)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # nohup ignores it
        signal.signal(signal.SIGHUP, _end)
    try:
        yield
    except ShopBenchError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _fail_stopped(_INTERRUPTED)
    except SystemExit as end:  # typer converts an interrupt to it
        if end.code in _STOPPED:
            _fail_stopped(int(end.code))
        raise
    except Exception as error:
        stopped = _find_signal(error)
        if stopped is not None:
            _fail_stopped(stopped)
        reason = _find_reason(error)
        if reason is None:
            raise
        where = make_printable(str(getattr(error, "filename", None) or place))
        where = where if len(where) <= _LONGEST_PLACE else f"{where[:_LONGEST_PLACE]}..."
        _fail(f"{where}: {reason}" if where else reason)


def _find_signal(error: BaseException) -> int | None:
    """Return the status of the signal whose clean-up raised the error, as in a pool that was still starting."""
    before = error.__context__
    while before is not None:
        if isinstance(before, KeyboardInterrupt):
            return _INTERRUPTED
        if isinstance(before, SystemExit) and before.code in _STOPPED:
            return int(before.code)
        before = before.__context__
    return None


def _find_reason(error: Exception) -> str | None:
    """Return what is wrong with the machine or a path, and the fix; None if it is a bug."""
    text = str(error) if _may_be_the_machine(error) else ""
    if isinstance(error, MemoryError) or _TORCH_MEMORY.search(text):
        return "no memory left; free some or do less at once, then run the same command again to continue"
    found = _RUST_NUMBER.search(text)
    number = error.errno if isinstance(error, OSError) else int(found[1]) if found else None
    if number in _NO_ROOM:
        return f"{os.strerror(number)}; free disk space there, then run the same command again to continue"
    if number in _NO_HANDLES:
        return f"{os.strerror(number)}; raise the limit with ulimit -n 1024, then run the same command again"
    if number in _NO_NAME:
        return f"{os.strerror(number)}; use a different file name"
    if _TORCH_WRITER.search(text):
        return "cannot be written, most likely because the disk is full; free space and run the same command again"
    return None


def _may_be_the_machine(error: Exception) -> bool:
    """Return whether an error of this type is about the machine; others may merely quote such words."""
    package = type(error).__module__.partition(".")[0]
    # tokenizers raises a plain Exception.
    return isinstance(error, _MACHINE_ERRORS) or package in _MACHINE_PACKAGES or type(error) is Exception


def _end(number: int, _: FrameType | None) -> None:
    """Exit on a signal as on an interrupt, so that open files are closed and incomplete ones removed."""
    raise SystemExit(128 + number)


def _fail(reason: str, status: int = 1) -> None:
    sys.stderr.write(f"error: {reason}\n")
    sys.exit(status)


def _fail_stopped(status: int) -> None:
    _fail(f"{signal.Signals(status - 128).name}: stopped; run the same command again to continue", status)

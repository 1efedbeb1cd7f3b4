"""Starting a command as a user does, stopping it as a machine does, and judging what it leaves and says."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.program import shopbench
from tests.warm_start import SHOPBENCH_MODULES, WarmProcess, start_warm

PROJECT = Path(__file__).resolve().parents[2]
SAMPLE = PROJECT / "data" / "ecinstruct_sample.jsonl"
QUESTIONS = PROJECT / "data" / "shopbench_sample.jsonl"
DEVELOPMENT_SET = PROJECT / "data" / "shopbench_sample_development.jsonl"
PROGRAMS = Path(sys.executable).parent
SHOPBENCH = str(PROGRAMS / "shopbench")
LLAMAFACTORY = str(PROGRAMS / "llamafactory-cli")

_QUIET = {
    "CUDA_VISIBLE_DEVICES": "",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONWARNINGS": "ignore",
    "VLLM_NO_USAGE_STATS": "1",
    "SHOPBENCH_GUARD": "1",  # as make sets it
}
_PROCESS_GROUP = {"MASTER_ADDR", "MASTER_PORT", "RANK", "LOCAL_RANK", "WORLD_SIZE"}
_POLL_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its exit status as a shell gives it, and all that it printed."""

    status: int
    out: str
    err: str


def make_environment(**changes: str) -> dict[str, str]:
    """Return this process's environment, quiet, offline, without a GPU, and with the project's programs on the path."""
    kept = {name: value for name, value in os.environ.items() if name not in _PROCESS_GROUP}
    return kept | _QUIET | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"} | changes


@dataclass(frozen=True, slots=True)
class Running:
    """A command under way; its output goes to files, which no process that outlives it can keep open like a pipe."""

    process: "subprocess.Popen[bytes] | WarmProcess"
    out: IO[bytes]
    err: IO[bytes]

    def is_alive(self) -> bool:
        """Tell whether it has not ended."""
        return self.process.poll() is None

    def send(self, number: int) -> None:
        """Send a signal to the command and all that it started, as far as they still live."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


def start(
    command: Iterable[object], *, cwd: Path = PROJECT, warm: tuple[str, ...] = SHOPBENCH_MODULES, **changes: str
) -> Running:
    """Start a command in a process group of its own: a Python script with the modules `warm` imported, any with none.

    `changes` go into its environment.
    """
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  `finish` closes them
    words, environment = [str(part) for part in command], make_environment(**changes)
    if warm:
        streams = (out.fileno(), err.fileno())
        return Running(start_warm(warm, words, cwd, environment, streams), out, err)
    process = subprocess.Popen(
        words,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        start_new_session=True,
    )
    return Running(process, out, err)


def finish(running: Running, seconds: float = 600) -> Outcome:
    """Wait for a command; whatever of its group is left then is killed."""
    try:
        status = running.process.wait(timeout=seconds)
    finally:
        running.send(signal.SIGKILL)
    texts = []
    for stream in (running.out, running.err):
        with stream:
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    return Outcome(128 - status if status < 0 else status, *texts)


def run(
    command: Iterable[object], *, cwd: Path = PROJECT, warm: tuple[str, ...] = SHOPBENCH_MODULES, **changes: str
) -> Outcome:
    """Run a command to its end."""
    return finish(start(command, cwd=cwd, warm=warm, **changes))


def run_here(command: Iterable[object]) -> Outcome:
    """Run one of `shopbench`'s commands within this process, where neither its start nor a signal is tested."""
    _, *words = command
    done = shopbench(*words)
    return Outcome(done.returncode, done.stdout, done.stderr)


def stop_when(
    command: Iterable[object],
    is_time: Callable[[], bool],
    number: int = signal.SIGKILL,
    *,
    cwd: Path = PROJECT,
    warm: tuple[str, ...] = SHOPBENCH_MODULES,
    **changes: str,
) -> Outcome:
    """Run a command and send its group a signal once `is_time` says so; it may have ended before that."""
    running = start(command, cwd=cwd, warm=warm, **changes)
    while running.is_alive() and not is_time():
        time.sleep(_POLL_SECONDS)
    running.send(number)
    return finish(running)


def after(seconds: float) -> Callable[[], bool]:
    """Return a question that is answered with yes once so many seconds have passed since this call."""
    moment = time.monotonic() + seconds
    return lambda: time.monotonic() >= moment


def fingerprint(path: Path, ignored: Iterable[str] = ()) -> dict[str, str]:
    """Return the SHA-256 of a file, or of every file in a folder by name but for the `ignored`; {} for neither."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return {
        str(file.relative_to(path.parent)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.name not in ignored
    }


def list_names(folder: Path) -> list[str]:
    """Return the names of everything in a folder, hidden files included."""
    return sorted(path.name for path in folder.iterdir())


def check_one_line(outcome: Outcome, status: int, *parts: str) -> None:
    """Assert that a command failed with this status and with one line of standard error that holds all `parts`."""
    assert outcome.status == status, outcome.err[-3000:]
    lines = outcome.err.splitlines()
    assert len(lines) == 1, outcome.err[-3000:]
    assert lines[0].startswith("error: ")
    for part in parts:
        assert part in lines[0]

"""Programs that start warm: forked from a process that has imported their heavy packages, which takes ten seconds.

A warm program is a process of its own in every other way: its environment, folder, streams, session and end. The
modules of LlamaFactory and of this project are imported afresh in it, so that what they do to each other at import time
is done as in a process that starts cold; so is the `sitecustomize` of its own PYTHONPATH.

Run as a program, this file stands for Python to a program that starts others (`warm_start.py SOCKET ARGUMENTS`; see
`write_warm_python`).
"""

import atexit
import json
import os
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LLAMAFACTORY_MODULES = (
    "llamafactory.train.tuner",
    "transformers.models.qwen2.modeling_qwen2",
    "transformers.models.qwen2.tokenization_qwen2",
)
VLLM_MODULES = ("vllm.entrypoints.openai.api_server", "vllm.v1.engine.core", "xgrammar")
SHOPBENCH_MODULES = (
    "openai.resources.chat",
    "shopbench_plugin.cli.main",
    "shopbench_plugin.engines.openai_server",
    "shopbench_plugin.predict.run",
)
_NUMBER = struct.Struct("q")
_SERVER = str(Path(__file__).with_name("warm_server.py"))
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class WarmProcess:
    """A running program; the part of `subprocess.Popen` that tests use."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.pid = self._read()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit status."""
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = self._read()
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send it SIGTERM unless it has ended."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def _read(self) -> int:
        content = self._connection.recv(_NUMBER.size, socket.MSG_WAITALL)
        assert content, "the process that warm programs are forked from has ended"
        number: int = _NUMBER.unpack(content)[0]
        return number


class WarmStart:
    """A process that has imported `modules`, to fork programs from; it ends with this one."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self.address = f"{self._folder.name}/socket"
        self._life, end = socket.socketpair()
        environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "SHOPBENCH_GUARD": ""}
        with end, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen()
            descriptors = [listener.fileno(), end.fileno()]
            command = [sys.executable, _SERVER, *map(str, descriptors), *modules]
            self._server = subprocess.Popen(command, pass_fds=descriptors, stdin=subprocess.DEVNULL, env=environment)
        atexit.register(self.end)
        assert self._life.recv(1), f"importing {', '.join(modules)} failed"

    def end(self) -> None:
        """End the process that programs are forked from."""
        self._life.close()
        self._server.wait()
        self._folder.cleanup()


_started: dict[tuple[str, ...], WarmStart] = {}


def find_server(modules: tuple[str, ...]) -> str:
    """Return the address of the process that has imported `modules`; the first call starts it."""
    if modules not in _started:
        _started[modules] = WarmStart(modules)
    return _started[modules].address


def start_warm(
    modules: tuple[str, ...],
    command: Sequence[object],
    cwd: Path,
    environment: Mapping[str, str],
    streams: Sequence[int],
) -> WarmProcess:
    """Start a Python script with its arguments; `streams` become its standard output, error and input, if any."""
    return _ask(find_server(modules), [str(part) for part in command], cwd, environment, streams)


def run_warm(
    modules: tuple[str, ...], command: Sequence[object], cwd: Path, environment: Mapping[str, str], typed: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a script to its end, as `subprocess.run` does with the output captured as text."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(typed.encode())
        given.seek(0)
        streams = [out.fileno(), err.fileno(), given.fileno()]
        status = start_warm(modules, command, cwd, environment, streams).wait()
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    return subprocess.CompletedProcess([str(part) for part in command], status, *texts)


def write_warm_python(path: Path, modules: tuple[str, ...], *arguments: object) -> Path:
    """Write a program that is Python, started warm, to those that start it; `arguments` come before theirs."""
    words = [sys.executable, "-IS", __file__, find_server(modules), *arguments]
    path.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, words))} "$@"\n')
    path.chmod(0o755)
    return path


def find_warm_python(modules: tuple[str, ...]) -> Path:
    """Return the program of `write_warm_python` that has no arguments of its own."""
    path = Path(find_server(modules)).with_name("python")
    return path if path.exists() else write_warm_python(path, modules)


def _ask(
    address: str, command: Sequence[str], cwd: Path, environment: Mapping[str, str], streams: Sequence[int]
) -> WarmProcess:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    request = json.dumps([list(command), str(cwd), dict(environment)]).encode()
    socket.send_fds(connection, [_NUMBER.pack(len(request))], list(streams))
    connection.sendall(request)
    return WarmProcess(connection)


def _be_python(address: str, arguments: Sequence[str]) -> None:
    """Run a warm program in this one's place: it has the same streams, and gets the signals sent to this one."""
    program = _ask(address, arguments, Path.cwd(), os.environ, (1, 2, 0))
    for number in _SIGNALS:
        signal.signal(number, lambda number, _: os.kill(program.pid, number))
    status = program.wait()
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    _be_python(sys.argv[1], sys.argv[2:])

"""Programs that start warm: forked from a process that has imported their heavy packages, which takes ten seconds.

A warm program is a process of its own in every other way: its environment, folder, streams, session and end. The
modules of LlamaFactory and of this project are imported afresh in it, so that what they do to each other at import time
is done as in a process that starts cold.

Run as a program, this file is the process to fork from: it is given the number of a socket, and the modules to import.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
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
_FRESH = ("llamafactory", "shopbench_plugin", "converters")
_NUMBER = struct.Struct("q")


class WarmProcess:
    """A running program; the part of `subprocess.Popen` that tests use."""

    def __init__(self, status: int) -> None:
        self._status = status
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
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = self._read()
            os.close(self._status)
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
        content = os.read(self._status, _NUMBER.size)
        assert content, "the process that warm programs are forked from has ended"
        number: int = _NUMBER.unpack(content)[0]
        return number


class WarmStart:
    """Starts programs by forks of a process that has imported `modules`; it ends with this one."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._socket, other = socket.socketpair()
        command = [sys.executable, __file__, str(other.fileno()), *modules]
        environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "SHOPBENCH_GUARD": ""}
        with other:
            self._server = subprocess.Popen(
                command, pass_fds=[other.fileno()], stdin=subprocess.DEVNULL, env=environment
            )
        atexit.register(self.end)

    def start(
        self, command: Sequence[object], cwd: Path, environment: Mapping[str, str], streams: Sequence[int]
    ) -> WarmProcess:
        """Start a Python script with its arguments; `streams` become its standard output, error and input, if any."""
        request = json.dumps([[str(part) for part in command], str(cwd), dict(environment)]).encode()
        status, end = os.pipe()
        socket.send_fds(self._socket, [_NUMBER.pack(len(request))], [*streams, end])
        os.close(end)
        self._socket.sendall(request)
        return WarmProcess(status)

    def end(self) -> None:
        """End the process that programs are forked from."""
        self._socket.close()
        self._server.wait()


_started: dict[tuple[str, ...], WarmStart] = {}


def start_warm(
    modules: tuple[str, ...],
    command: Sequence[object],
    cwd: Path,
    environment: Mapping[str, str],
    streams: Sequence[int],
) -> WarmProcess:
    """Start a script as `WarmStart.start` does; the first call for `modules` imports them."""
    if modules not in _started:
        _started[modules] = WarmStart(modules)
    return _started[modules].start(command, cwd, environment, streams)


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


def _serve(control: socket.socket) -> list[str]:
    """Fork for each request; return, in the forks alone, the command to run. The process itself ends here."""
    while True:
        header, descriptors, *_ = socket.recv_fds(control, _NUMBER.size, 4)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not header:
            os._exit(0)
        command, cwd, environment = json.loads(control.recv(_NUMBER.unpack(header)[0], socket.MSG_WAITALL))
        *streams, status = descriptors
        if os.fork() == 0:
            control.close()
            _keep(status)
            os.close(status)
            _settle(streams, cwd, environment)
            return command
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(status: int) -> None:
    """Fork once more: the parent tells how the child ends, and the child goes on."""
    program = os.fork()
    if program == 0:
        return
    os.write(status, _NUMBER.pack(program))
    ended = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    with suppress(BrokenPipeError):
        os.write(status, _NUMBER.pack(ended))
    os._exit(0)


def _settle(streams: list[int], cwd: str, environment: dict[str, str]) -> None:
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in zip((1, 2, 0), streams, strict=False):
        os.dup2(stream, number)
        os.close(stream)
    if environment.get("PYTHONUNBUFFERED"):
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]


def _forget_fresh() -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] in _FRESH:
            del sys.modules[name]


def _main() -> None:
    number, *modules = sys.argv[1:]
    importlib.import_module("shopbench_plugin.core.quiet").silence_libraries()  # as the program does before it imports
    for module in modules:
        importlib.import_module(module)
    _forget_fresh()
    gc.freeze()  # a collection in a fork would copy every page that it looks at
    sys.argv = _serve(socket.socket(fileno=int(number)))
    sys.path[0] = str(Path(sys.argv[0]).parent)
    importlib.import_module("shopbench_plugin.llamafactory.import_hook")
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    _main()

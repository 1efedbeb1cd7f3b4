"""The process that warm programs are forked from: `warm_server.py LISTENER LIFE MODULES`; see tests/warm_start.py.

It is given the numbers of a listening socket and of one that ends it by closing, and the modules to import.
"""

import gc
import importlib
import json
import os
import runpy
import select
import site
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

_FRESH = ("llamafactory", "shopbench_plugin", "converters")
_NUMBER = struct.Struct("q")


def _serve(listener: socket.socket, life: socket.socket) -> list[str]:
    """Fork for each request; return, in the forks alone, the command to run. The process itself ends with `life`."""
    while life not in select.select([listener, life], [], [])[0]:
        connection, _ = listener.accept()
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if os.fork() == 0:
            listener.close()
            life.close()
            return _begin(connection)
        connection.close()
    os._exit(0)


def _begin(connection: socket.socket) -> list[str]:
    """Become the program that is asked for, and return its command; another fork tells how it ends."""
    header, streams, *_ = socket.recv_fds(connection, _NUMBER.size, 3)
    request = connection.recv(_NUMBER.unpack(header)[0], socket.MSG_WAITALL)
    program = os.fork()
    if program != 0:
        connection.sendall(_NUMBER.pack(program))
        ended = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
        with suppress(BrokenPipeError):
            connection.sendall(_NUMBER.pack(ended))
        os._exit(0)
    connection.close()
    command, cwd, environment = json.loads(request)
    _settle(streams, cwd, environment)
    return list(command)


def _settle(streams: list[int], cwd: str, environment: dict[str, str]) -> None:
    os.setsid()
    os.chdir(cwd)
    own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ.clear()
    os.environ.update(environment)
    theirs = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = [sys.path[0], *theirs, *(path for path in sys.path[1:] if path not in own)]
    for number, stream in zip((1, 2, 0), streams, strict=False):
        os.dup2(stream, number)
        os.close(stream)
    if environment.get("PYTHONUNBUFFERED"):
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]


def _forget_fresh() -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] in _FRESH or name == "sitecustomize":
            del sys.modules[name]
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__.partition(".")[0] not in _FRESH]


def _run_python(arguments: list[str]) -> None:
    """Do what Python does at its start with these arguments: a script or `-m` and a module."""
    words = arguments[1:] if arguments[0] == "-u" else arguments
    site.execsitecustomize()
    importlib.import_module("shopbench_plugin.llamafactory.import_hook")
    if words[0] == "-m":
        sys.argv, sys.path[0] = words[1:], str(Path.cwd())
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = words, str(Path(words[0]).parent)
        runpy.run_path(sys.argv[0], run_name="__main__")


def _main() -> None:
    listener, life = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    importlib.import_module("shopbench_plugin.core.quiet").silence_libraries()  # as the program does before it imports
    for module in sys.argv[3:]:
        importlib.import_module(module)
    _forget_fresh()
    gc.freeze()  # a collection in a fork would copy every page that it looks at
    life.sendall(b"!")
    _run_python(_serve(listener, life))


if __name__ == "__main__":
    _main()

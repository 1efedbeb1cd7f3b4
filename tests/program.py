"""The program `shopbench` within the tests' own process: the same lines and exit status, without a start."""

import io
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from shopbench_plugin.__main__ import run


def shopbench(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run a command as a user does, and return its exit status and what it printed.

    For commands that load no library which prints at its own import; those need a process of their own.
    """
    words = ["shopbench", *map(str, arguments)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    status: object = 0
    try:
        with patch.object(sys, "argv", words), redirect_stdout(out), redirect_stderr(err):
            run()
    except SystemExit as end:
        status = end.code or 0
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return subprocess.CompletedProcess(words, status, *texts)

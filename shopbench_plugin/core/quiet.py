"""Keeps the libraries' start-up chatter off standard error, so that a command prints its own lines only."""

import io
import logging
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial

_ENVIRONMENT = {
    "VLLM_LOGGING_LEVEL": "ERROR",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
}
_LOGGERS = ("torchao", "torch.utils.cpp_extension", "torch.utils._pytree", "bitsandbytes")


def silence_libraries() -> None:
    """Let errors through and nothing else; a variable that the user has set stays.

    Has to run before torch is imported: its C++ part reads the environment once.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    # When vLLM fails it lists what it was at, the constraints among it, which hold words of the questions.
    logging.getLogger("vllm.logging_utils.dump_input").setLevel(logging.CRITICAL)


@contextmanager
def discard_prints() -> Iterator[None]:
    """Discard what Python code prints within the block: GPTQModel greets on standard output when it is imported.

    On that occasion it asks git for its own commit; outside of a repository git says "fatal: not a git repository",
    past Python's standard error. So the commands whose output is read have none here.
    """
    ask = subprocess.check_output
    subprocess.check_output = partial(ask, stderr=subprocess.DEVNULL)  # type: ignore[assignment]  # overloads
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        subprocess.check_output = ask

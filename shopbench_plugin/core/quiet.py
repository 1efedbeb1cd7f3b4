"""What is set before other packages load: they print only errors, and torch's threads spin briefly."""

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
    # By default libgomp's threads spin for milliseconds at each barrier: beside another busy program, answering takes
    # twice as long (docs/performance.md).
    "GOMP_SPINCOUNT": "1000",
}
_LOGGERS = ("torchao", "torch.utils.cpp_extension", "torch.utils._pytree", "bitsandbytes")


def silence_libraries() -> None:
    """Let only errors through, and set how torch's threads wait; variables that the user has set stay.

    Must run before torch is imported: its C++ part and libgomp read the environment once.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    # When vLLM fails it lists its running requests with their constraints, which contain words of the questions.
    logging.getLogger("vllm.logging_utils.dump_input").setLevel(logging.CRITICAL)


@contextmanager
def discard_prints() -> Iterator[None]:
    """Discard what Python code prints within the block: GPTQModel prints a banner when it is imported.

    It also asks git for its own commit; outside of a repository git prints "fatal: not a git repository", bypassing
    Python's standard error. So the standard error of commands whose output is read is discarded here. The handler that
    GPTQModel sets on the root logger is removed: it would send all later messages to the discarded stream.
    """
    ask, handlers, level = subprocess.check_output, logging.root.handlers.copy(), logging.root.level
    subprocess.check_output = partial(ask, stderr=subprocess.DEVNULL)  # type: ignore[assignment]  # overloads
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        subprocess.check_output = ask
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)

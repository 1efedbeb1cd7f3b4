"""Keeps the libraries' start-up chatter off standard error, so that a command prints its own lines only."""

import logging
import os

_ENVIRONMENT = {
    "VLLM_LOGGING_LEVEL": "ERROR",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
}
_LOGGERS = ("torchao", "torch.utils.cpp_extension")


def silence_libraries() -> None:
    """Let errors through and nothing else; a variable that the user has set stays.

    Has to run before torch is imported: its C++ part reads the environment once.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)

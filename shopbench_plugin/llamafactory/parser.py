"""Checks a recipe with LlamaFactory's own parser and reports a rejection in one line."""

import os
import socket
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, missing_package
from shopbench_plugin.core.progress import announce
from shopbench_plugin.llamafactory.checks.recipe import Kind, Recipe


def ask_parser(path: Path, settings: Mapping[str, Any]) -> None:
    """Let LlamaFactory parse a recipe as a process started by its command would; this imports torch.

    Raises:
        ShopBenchError: LlamaFactory rejects the settings, or is not installed.
    """
    recipe = Recipe(settings)
    announce("running LlamaFactory's parser")
    try:
        from llamafactory.hparams import get_infer_args, get_train_args
    except ImportError as error:
        raise missing_package("llamafactory", "train") from error
    if recipe.kind is Kind.TRAIN and recipe.text("deepspeed"):
        _pretend_torchrun()
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
            (get_train_args if recipe.kind is Kind.TRAIN else get_infer_args)(dict(settings))
    except (ValueError, TypeError, RuntimeError, ImportError, OSError, AssertionError) as error:
        raise ShopBenchError(f"{path}: LlamaFactory rejects the recipe: {' '.join(str(error).split())}") from error


def _pretend_torchrun() -> None:
    """Set the variables that torchrun sets for a single process; without them DeepSpeed recipes are rejected."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    values = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    for name, value in values.items():
        os.environ.setdefault(name, value)

"""What keeps LlamaFactory's outputs apart and whole: one writer a folder, and no torn checkpoint to go on from.

Imported only by `import_hook`, right after the modules of LlamaFactory that are changed here have run.
"""

import os
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson

from shopbench_plugin.exits import explain_exit
from shopbench_plugin.llamafactory.unfinished import mark_unfinished

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")


def guard_resuming(parser_module: ModuleType) -> None:
    """Let a training go on from the last checkpoint that is whole; `parser_module` is llamafactory.hparams.parser."""
    parser_module.get_last_checkpoint = find_last_whole_checkpoint  # type: ignore[attr-defined]  # of any module


def find_last_whole_checkpoint(folder: str) -> str | None:
    """Return the newest checkpoint of a training that was written to its end, None where there is none.

    LlamaFactory takes the one with the highest step, though the training may have been killed while it wrote that.
    """
    found = [(int(name[1]), path) for path in Path(folder).iterdir() if (name := _CHECKPOINT.fullmatch(path.name))]
    for step, path in sorted(found, reverse=True):
        if _is_whole(path, step):
            return str(path)
        sys.stderr.write(f"shopbench: {path}: was not written to its end; going on from the one before it\n")
    return None


def _is_whole(checkpoint: Path, step: int) -> bool:
    """Tell it from the trainer's state, which is written last."""
    try:
        state = orjson.loads((checkpoint / "trainer_state.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(state, dict) and state.get("global_step") == step


def guard_outputs(tuner_module: ModuleType) -> None:
    """Mark a folder while it is written, and refuse a second writer; `tuner_module` is llamafactory.train.tuner."""
    read_args, train, export = tuner_module.read_args, tuner_module.run_exp, tuner_module.export_model

    def run_exp(args: Any = None, callbacks: Any = None) -> None:
        args = read_args(args)
        with _guard(args, "output_dir"):
            train(args, callbacks)

    def export_model(args: Any = None) -> None:
        args = read_args(args)
        random.seed(0)  # GPTQ's calibration samples are drawn from Python's generator, which LlamaFactory never seeds
        with _guard(args, "export_dir"):
            export(args)

    _replace(tuner_module, run_exp=run_exp, export_model=export_model)


def _replace(module: ModuleType, **functions: Callable[..., None]) -> None:
    for name, function in functions.items():
        setattr(module, name, function)


@contextmanager
def _guard(args: Any, key: str) -> Iterator[None]:
    """Guard the folder that `args` names under `key`; of several processes the first one does."""
    folder = args.get(key) if isinstance(args, dict) else None
    if not folder or int(os.environ.get("RANK", "0")) > 0:
        yield
        return
    # The web UI exports in a thread of its own, which must not end the program.
    is_program = threading.current_thread() is threading.main_thread()
    with explain_exit(str(folder)) if is_program else nullcontext(), mark_unfinished(Path(folder)):
        yield

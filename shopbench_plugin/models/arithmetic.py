"""The best dtype for a model on this machine, if the settings don't specify one.

On a CPU without bfloat16 instructions, matrix products in bfloat16 took 4.8 times as long as in float32, although
PyTorch reports bfloat16 as supported. GPUs before Ampere (compute capability 8.0) have no bfloat16.
"""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_CPU_FLAGS: Final = frozenset({"amx_bf16", "avx512_bf16"})
_AMPERE: Final = (8, 0)
_SIDE: Final = 1024
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Machine:
    """What the choice depends on.

    Attributes:
        capability: compute capability of the weakest GPU; None without one.
        has_fast_bfloat16: whether the CPU computes bfloat16 faster than float32.
    """

    capability: tuple[int, int] | None
    has_fast_bfloat16: bool


def choose_dtype(config: dict[str, Any], machine: Machine) -> str:
    """Return "auto" for the checkpoint's own dtype, or a dtype that is faster on this machine.

    Args:
        config: the model's config.json; a quantized model keeps its own dtype.
        machine: the machine that it runs on.
    """
    own = config.get("dtype") or config.get("torch_dtype")
    if own != "bfloat16" or "quantization_config" in config:
        return "auto"
    if machine.capability is not None:
        return "float16" if machine.capability < _AMPERE else "auto"
    return "auto" if machine.has_fast_bfloat16 else "float32"


@cache
def describe_machine() -> Machine:
    """Inspect the GPUs, or time a short matrix product in both dtypes if the CPU has bfloat16 instructions."""
    import torch

    if torch.cuda.is_available():
        return Machine(min(map(torch.cuda.get_device_capability, range(torch.cuda.device_count()))), True)
    return Machine(None, has_bfloat16_flags(Path("/proc/cpuinfo")) and _measure("bfloat16") < _measure("float32"))


def has_bfloat16_flags(cpuinfo: Path) -> bool:
    """Return whether a Linux cpuinfo file lists bfloat16 instructions; False if the file doesn't exist."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return any(_CPU_FLAGS & set(line.split()) for line in lines if line.startswith("flags"))


def _measure(dtype: str) -> float:
    """Return the seconds that a matrix product takes in a dtype, the best of several runs."""
    import torch

    matrix = torch.ones(_SIDE, _SIDE, dtype=getattr(torch, dtype))
    seconds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        _ = matrix @ matrix
        seconds.append(time.perf_counter() - started)
    return min(seconds)

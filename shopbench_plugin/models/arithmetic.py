"""The type of number that a model is best computed in on this machine, where the settings leave it open.

A CPU without instructions for bfloat16 computed it 4.8 times slower than float32 in matrix products, and PyTorch says
all the same that it is supported. A card before Ampere (compute capability 8.0) has no bfloat16.
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
    """Return "auto" for the checkpoint's own type, or a type that is faster on this machine and no less exact.

    Args:
        config: of the model; a quantized one is left to its kernels.
        machine: where it runs.
    """
    own = config.get("dtype") or config.get("torch_dtype")
    if own != "bfloat16" or "quantization_config" in config:
        return "auto"
    if machine.capability is not None:
        return "float16" if machine.capability < _AMPERE else "auto"
    return "auto" if machine.has_fast_bfloat16 else "float32"


@cache
def describe_machine() -> Machine:
    """Look at the GPUs, or at the CPU: a quick matrix product in both types, where it has the instructions at all."""
    import torch

    if torch.cuda.is_available():
        return Machine(min(map(torch.cuda.get_device_capability, range(torch.cuda.device_count()))), True)
    return Machine(None, has_bfloat16_flags(Path("/proc/cpuinfo")) and _measure("bfloat16") < _measure("float32"))


def has_bfloat16_flags(cpuinfo: Path) -> bool:
    """Tell whether a Linux file of processors names instructions for bfloat16; False where there is no such file."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return any(_CPU_FLAGS & set(line.split()) for line in lines if line.startswith("flags"))


def _measure(dtype: str) -> float:
    """Return the seconds of a matrix product in a type, the best of some."""
    import torch

    matrix = torch.ones(_SIDE, _SIDE, dtype=getattr(torch, dtype))
    seconds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        _ = matrix @ matrix
        seconds.append(time.perf_counter() - started)
    return min(seconds)

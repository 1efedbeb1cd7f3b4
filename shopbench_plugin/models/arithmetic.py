"""The best dtype for a model on this machine, if the settings don't specify one.

On a CPU without instructions for 16-bit numbers, matrix products in bfloat16 took 4.8 times as long as in float32, and
in float16 20 times, although PyTorch reports both as supported. GPUs before Ampere (compute capability 8.0) have no
bfloat16.
"""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_BFLOAT16_FLAGS: Final = frozenset({"amx_bf16", "avx512_bf16"})
_FLOAT16_FLAGS: Final = frozenset({"amx_fp16", "avx512_fp16"})
_AMPERE: Final = (8, 0)
_SIDE: Final = 1024
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Machine:
    """What the choice depends on.

    Attributes:
        capability: compute capability of the weakest GPU; None without one.
        has_fast_bfloat16: whether the CPU computes bfloat16 faster than float32.
        has_fast_float16: whether it also has float16 instructions.
    """

    capability: tuple[int, int] | None
    has_fast_bfloat16: bool
    has_fast_float16: bool = False


def choose_dtype(config: dict[str, Any], machine: Machine) -> str:
    """Return "auto" for the checkpoint's own dtype, or a dtype that is faster on this machine.

    Args:
        config: the model's config.json; a quantized model keeps its own dtype.
        machine: the machine that it runs on.
    """
    own = config.get("dtype") or config.get("torch_dtype")
    if own not in {"bfloat16", "float16"} or config.get("quantization_config"):
        return "auto"
    if machine.capability is not None:
        return "float16" if own == "bfloat16" and machine.capability < _AMPERE else "auto"
    is_fast = machine.has_fast_bfloat16 if own == "bfloat16" else machine.has_fast_float16
    return "auto" if is_fast else "float32"


@cache
def describe_machine() -> Machine:
    """Inspect the GPUs, or time a short product in bfloat16 and float32 if the CPU has bfloat16 instructions."""
    import torch

    if torch.cuda.is_available():
        return Machine(min(map(torch.cuda.get_device_capability, range(torch.cuda.device_count()))), True)
    flags = read_cpu_flags(Path("/proc/cpuinfo"))
    # Where bfloat16 is slow despite its flag, oneDNN may be limited to older instructions, which float16 lacks too.
    is_fast = bool(flags & _BFLOAT16_FLAGS) and _measure("bfloat16") < _measure("float32")
    return Machine(None, is_fast, has_fast_float16=is_fast and bool(flags & _FLOAT16_FLAGS))


def read_cpu_flags(cpuinfo: Path) -> frozenset[str]:
    """Return the instruction sets that a Linux cpuinfo file lists; none if the file doesn't exist."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(flag for line in lines if line.startswith("flags") for flag in line.split(":", 1)[-1].split())


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

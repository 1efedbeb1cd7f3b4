"""Wait for each gather of weights as soon as it is started, in every process that has this folder on its PYTHONPATH.

DeepSpeed 0.18.4 starts several gathers and waits for the last one alone. On GPUs they finish in order; gloo's threads
don't keep it, and weights are read before they have come (fixed upstream: DeepSpeed pull request 8539).

It would also compile collectives over shared memory, which training does not use: twenty seconds of g++, and a lock
that a killed run leaves behind for the next one to wait at.
"""

from typing import Any

import torch.distributed
import torch.utils.cpp_extension

_start_gather = torch.distributed.all_gather_into_tensor


def _gather(*arguments: Any, **named: Any) -> Any:
    work = _start_gather(*arguments, **named)
    if work is not None:
        work.wait()
    return work


torch.distributed.all_gather_into_tensor = _gather

_load_extension = torch.utils.cpp_extension.load


def _load(name: str, *arguments: Any, **named: Any) -> Any:
    return None if name == "deepspeed_shm_comm" else _load_extension(name, *arguments, **named)


torch.utils.cpp_extension.load = _load

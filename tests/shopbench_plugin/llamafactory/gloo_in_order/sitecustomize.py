"""Wait for each gather of weights as soon as it is started, in every process that has this folder on its PYTHONPATH.

DeepSpeed 0.18.4 starts several gathers and waits for the last one alone. On GPUs they finish in order; gloo's threads
don't keep it, and weights are read before they have come (fixed upstream: DeepSpeed pull request 8539).
"""

from typing import Any

import torch.distributed

_start_gather = torch.distributed.all_gather_into_tensor


def _gather(*arguments: Any, **named: Any) -> Any:
    work = _start_gather(*arguments, **named)
    if work is not None:
        work.wait()
    return work


torch.distributed.all_gather_into_tensor = _gather

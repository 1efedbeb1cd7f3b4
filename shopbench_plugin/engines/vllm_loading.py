"""How vLLM loads a model for the settings of `VllmEngine`: arguments, environment, and what its errors mean."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shopbench_plugin.core.errors import ShopBenchError, describe_exception
from shopbench_plugin.models.adapters import read_rank
from shopbench_plugin.models.model_folder import suggest_remedy

if TYPE_CHECKING:
    from shopbench_plugin.engines.vllm_engine import VllmSettings

# Only whole blocks are shared: with vLLM's 128 on a CPU, every question recomputes up to 127 tokens of demonstrations.
_CPU_BLOCK_TOKENS = 32
_INVARIANT_CAPABILITY = (8, 0)  # vllm/model_executor/layers/batch_invariant.py
_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # vllm/config/lora.py


def load_llm(settings: "VllmSettings") -> Any:
    """Return vLLM's engine with the model loaded.

    Raises:
        ShopBenchError: vLLM rejects the settings, or can't load the model.
    """
    import torch

    on_cpu = not torch.cuda.is_available()
    _prepare_environment(settings, on_cpu=on_cpu)
    from vllm import LLM

    try:
        return LLM(
            model=settings.model,
            dtype=settings.find_dtype(),
            max_model_len=settings.max_model_len,
            tensor_parallel_size=settings.tensor_parallel_size,
            pipeline_parallel_size=settings.pipeline_parallel_size,
            distributed_executor_backend=settings.distributed_executor_backend,
            gpu_memory_utilization=settings.gpu_memory_utilization,
            enforce_eager=settings.enforce_eager,
            enable_prefix_caching=settings.enable_prefix_caching and not settings.deterministic,
            **_limit_batches(settings),
            block_size=_CPU_BLOCK_TOKENS if on_cpu else None,
            trust_remote_code=settings.trust_remote_code,
            **_allow_adapters(settings.list_adapters()),
            load_format="safetensors",  # by default it would load pickled weights if there are no others
            disable_log_stats=True,
            use_tqdm_on_load=False,
        ).llm_engine
    except ValidationError as error:
        raise ShopBenchError(
            f"{settings.model}: vLLM rejects these settings for it ({_describe_rejection(error)}); change them, or "
            f"{suggest_remedy(settings.model)}"
        ) from error
    except Exception as error:  # a broken model can raise almost anything
        reason = describe_exception(error)
        raise ShopBenchError(
            f"{settings.model}: vLLM can't load it ({reason}); {suggest_remedy(settings.model)}"
        ) from error


def _allow_adapters(folders: Sequence[str]) -> dict[str, Any]:
    """Return vLLM's arguments for using all these adapters in a batch; empty if there are no adapters.

    Raises:
        ShopBenchError: an adapter's rank is larger than vLLM's largest.
    """
    if not folders:
        return {}
    rank, folder = max((read_rank(Path(folder)), folder) for folder in folders)
    allowed = next((limit for limit in _LORA_RANKS if limit >= rank), None)
    if allowed is None:
        raise ShopBenchError(
            f"{folder}: has rank {rank}, and vLLM serves at most {_LORA_RANKS[-1]}; merge it, or pass --engine "
            "transformers"
        )
    # The last slot stays empty: on a CPU, vLLM 0.28 treats requests to the base as requests to the last slot.
    return {"enable_lora": True, "max_loras": len(folders) + 1, "max_lora_rank": allowed}


def _describe_rejection(error: ValidationError) -> str:
    """Return vLLM's messages, or the first one on each setting with its name."""
    reasons: dict[str, str] = {}
    for detail in error.errors():
        message = " ".join(detail["msg"].split())
        if detail["type"] == "value_error":
            reasons.setdefault(message, message.removeprefix("Value error, "))
        else:
            name = str(detail["loc"][0])
            reasons.setdefault(name, f"'{name}': {message}")
    return "; ".join(reasons.values())


def _limit_batches(settings: "VllmSettings") -> dict[str, Any]:
    """Return vLLM's arguments for answers that don't depend on the batch; newer GPUs have kernels for that."""
    if not settings.deterministic or _has_invariant_kernels():
        return {}
    return {"max_num_seqs": 1}


def _has_invariant_kernels() -> bool:
    import torch

    cards = range(torch.cuda.device_count())
    return bool(cards) and min(map(torch.cuda.get_device_capability, cards)) >= _INVARIANT_CAPABILITY


def _prepare_environment(settings: "VllmSettings", *, on_cpu: bool) -> None:
    """Set vLLM's environment variables, unless the user has set them."""
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    # The chain-of-thought expression takes 3 s to compile for a vocabulary of 150,000 tokens on an idle core, and more
    # than vLLM's limit of 5 s on a busy one.
    os.environ.setdefault("VLLM_REGEX_COMPILATION_TIMEOUT_S", "120")
    if settings.deterministic and not on_cpu and _has_invariant_kernels():
        os.environ["VLLM_BATCH_INVARIANT"] = "1"
    if on_cpu:
        # On a CPU a second process for the engine only adds start-up time (44 s instead of 5 s), and by default vLLM
        # reserves one core for it, which is half of a two-core machine.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(settings.cpu_cache_gib))
        os.environ.setdefault("VLLM_CPU_NUM_OF_RESERVED_CPU", "0")

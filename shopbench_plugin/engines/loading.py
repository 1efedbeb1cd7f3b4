"""From settings to an engine."""

from importlib.util import find_spec

from shopbench_plugin.core.errors import ShopBenchError, missing_package
from shopbench_plugin.engines.interface import Engine, EngineSettings
from shopbench_plugin.engines.names import EngineName
from shopbench_plugin.engines.quiet import silence_libraries

_NEEDED: dict[EngineName, tuple[str, ...]] = {
    "vllm": ("vllm",),
    "openai": ("httpx", "tenacity"),
    "transformers": ("torch", "transformers"),
}
_EXTRAS: dict[EngineName, str] = {"vllm": "serve", "openai": "serve", "transformers": "train"}


def load_engine(settings: EngineSettings) -> Engine:
    """Load the engine that the settings name: by default vLLM where it is installed, else transformers.

    Raises:
        ShopBenchError: the engine's library is missing, it has no replicas but is to have some, or it can't load the
            model.
    """
    name = settings.engine or ("vllm" if find_spec("vllm") else "transformers")
    for package in _NEEDED[name]:
        if find_spec(package) is None:
            raise missing_package(package, _EXTRAS[name], f"take another --engine than {name}")
    if settings.data_parallel_size > 1:
        _check_replicas(name)
    silence_libraries()
    match name:
        case "vllm" if settings.data_parallel_size > 1:
            from shopbench_plugin.engines.ray_engine import RayEngine

            return RayEngine(settings)
        case "vllm":
            from shopbench_plugin.engines.vllm_engine import VllmEngine

            return VllmEngine(settings)
        case "openai":
            from shopbench_plugin.engines.openai_engine import OpenAIEngine

            return OpenAIEngine(settings)
        case "transformers":
            from shopbench_plugin.engines.transformers_engine import TransformersEngine

            return TransformersEngine(settings)


def _check_replicas(name: EngineName) -> None:
    """Refuse several replicas of the model where only vLLM, on Ray, has them."""
    if name != "vllm":
        raise ShopBenchError(
            f"data_parallel_size: the {name} engine has no replicas; leave it at 1, or take --engine vllm"
        )
    if find_spec("ray") is None:
        raise missing_package("ray", "serve", "set data_parallel_size: 1")

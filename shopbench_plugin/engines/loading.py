"""From settings to an engine."""

from importlib.util import find_spec

from shopbench_plugin.engines.interface import Engine, EngineSettings
from shopbench_plugin.engines.names import EngineName
from shopbench_plugin.engines.quiet import silence_libraries
from shopbench_plugin.errors import missing_package

_NEEDED: dict[EngineName, tuple[str, ...]] = {
    "vllm": ("vllm",),
    "openai": ("httpx", "tenacity"),
    "transformers": ("torch", "transformers"),
}
_EXTRAS: dict[EngineName, str] = {"vllm": "serve", "openai": "serve", "transformers": "train"}


def load_engine(settings: EngineSettings) -> Engine:
    """Load the engine that the settings name: by default vLLM where it is installed, else transformers.

    Raises:
        ShopBenchError: the engine's library is missing, or it can't load the model.
    """
    name = settings.engine or ("vllm" if find_spec("vllm") else "transformers")
    needed = (*_NEEDED[name], *(("ray",) if settings.data_parallel_size > 1 else ()))
    for package in needed:
        if find_spec(package) is None:
            extra = "serve" if package == "ray" else _EXTRAS[name]
            raise missing_package(package, extra, f"take another --engine than {name}")
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

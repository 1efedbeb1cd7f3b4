"""From settings to an engine."""

from importlib.util import find_spec

from shopbench_plugin.engines.interface import Engine, EngineSettings
from shopbench_plugin.errors import ShopBenchError


def load_engine(settings: EngineSettings) -> Engine:
    """Load the engine that the settings name.

    Raises:
        ShopBenchError: the engine's library is missing, or it can't load the model.
    """
    match settings.engine:
        case "vllm":
            if find_spec("vllm") is None:
                raise ShopBenchError(
                    "vLLM is missing; pip install 'shopbench-llamafactory[serve]', or use --engine transformers"
                )
            from shopbench_plugin.engines.vllm_engine import VllmEngine

            return VllmEngine(settings)

"""The available engines: every module NAME_engine.py in this folder, and the entry points shopbench.engines.

Such a module defines ENGINE, the class of its settings, an `EngineSettings`. An entry point names such a class.
"""

from importlib.util import find_spec
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.progress import announce
from shopbench_plugin.core.quiet import silence_libraries
from shopbench_plugin.core.registry import Registry
from shopbench_plugin.engines.interface import Engine
from shopbench_plugin.engines.settings import EngineSettings, LocalSettings

_ENDING = "_engine"


def _find_own() -> dict[str, str]:
    modules = sorted(path.stem for path in Path(__file__).parent.glob(f"*{_ENDING}.py"))
    return {module.removesuffix(_ENDING): f"{__package__}.{module}:ENGINE" for module in modules}


ENGINES = Registry("engine", "shopbench.engines", _find_own())


def find_engine(name: str | None) -> type[EngineSettings]:
    """Return the class of an engine's settings; None means vLLM if it is installed, else transformers.

    Raises:
        ShopBenchError: no engine has that name, or its entry point is not an engine.
    """
    name = name or ("vllm" if find_spec("vllm") else "transformers")
    found = ENGINES.find(name)
    if not (isinstance(found, type) and issubclass(found, EngineSettings)):
        raise ShopBenchError(f"engine '{name}': {found!r} is not a class of EngineSettings; update or uninstall it")
    return found


def load_engine(settings: EngineSettings) -> Engine:
    """Load the engine with these settings.

    Raises:
        ShopBenchError: a package is missing, the model folder is incomplete, or the engine can't load the model.
    """
    settings.check_packages()
    settings.check_model()
    silence_libraries()
    if isinstance(settings, LocalSettings):
        announce(f"loading {settings.model} in {settings.name}")
    return settings.load()

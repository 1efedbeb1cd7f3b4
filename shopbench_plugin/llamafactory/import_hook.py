"""Tell LlamaFactory of this project's templates in whichever process imports it.

LlamaFactory has no plugin mechanism: a template must be registered in every process that looks one up, those that
torchrun and Ray start included. `shopbench_llamafactory_hook.pth` in site-packages imports this module at the start of
every Python process (the standard library's `site` module documents such lines). It only leaves a finder behind, which
waits for `llamafactory.data.template` and registers the templates once that module has run. So it imports nothing but
what the interpreter has loaded anyway.
"""

import sys

TYPE_CHECKING = False  # what typing.TYPE_CHECKING is, without importing typing
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_WATCHED = "llamafactory.data.template"


class _TemplateFinder:
    """A finder that hands the watched module's own loader on, with the registration added behind it."""

    def find_spec(
        self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        if name != _WATCHED:
            return None
        sys.meta_path.remove(self)  # asked once; the other finders do the finding
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)  # finders of the old kind have none, and Python skips them too
            spec: ModuleSpec | None = find(name, path, target) if find is not None else None
            if spec is not None and spec.loader is not None:
                _register_after_loading(spec.loader)
                return spec
        return None


def _register_after_loading(loader: "Loader") -> None:
    run_module = loader.exec_module

    def exec_module(module: "ModuleType") -> None:
        run_module(module)
        try:
            from shopbench_plugin.llamafactory.templates import register_templates

            register_templates(module)
        except Exception as error:  # noqa: BLE001  LlamaFactory must go on working without these templates
            sys.stderr.write(
                "shopbench: the templates qwen2 and qwen2_shopbench could not be registered with this version of "
                f"LlamaFactory ({type(error).__name__}: {error}); install llamafactory 0.9.5\n"
            )

    loader.exec_module = exec_module  # type: ignore[method-assign]  # this one loader, of this one module


def install() -> None:
    """Put the finder in front of the others, once."""
    if _WATCHED not in sys.modules and not any(isinstance(finder, _TemplateFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TemplateFinder())


install()

"""Register this project's templates in whichever process imports LlamaFactory.

LlamaFactory has no plugin mechanism: a template must be registered in every process that looks one up, those that
torchrun and Ray start included. `shopbench_llamafactory_hook.pth` in site-packages imports this module at the start of
every Python process (the standard library's `site` module documents such lines). It only leaves finders behind, each of
which waits for one of LlamaFactory's modules and changes it once that module has run. So it imports nothing but what
the interpreter has loaded anyway.

With SHOPBENCH_GUARD=1 in the environment, which `make` sets, the folders that LlamaFactory writes are guarded too
(`safeguards`), and weights are trained in the type of number that is fastest on a CPU (`arithmetic`). With
SHOPBENCH_VALIDATION=FILE a training is validated while it runs (`validation`). Without them LlamaFactory behaves as it
does alone, but for the templates and the folder with whose datasets LLaMA Board begins.
"""

import os
import sys

TYPE_CHECKING = False  # what typing.TYPE_CHECKING is, without importing typing
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# Modules of LlamaFactory, and what this project does to each once it has run.
_ALWAYS = (
    ("llamafactory.data.template", "templates", "register_templates"),
    ("llamafactory.webui.common", "board", "find_datasets"),
)
_VALIDATION = (("llamafactory.train.tuner", "validation", "add_validation"),)
_GUARDS = (
    ("llamafactory.hparams.parser", "safeguards", "guard_resuming"),
    ("llamafactory.train.tuner", "safeguards", "guard_outputs"),
    ("llamafactory.model.loader", "arithmetic", "choose_training_dtype"),
)
_CONSEQUENCES = {
    "templates": "the templates qwen2 and qwen2_shopbench could not be registered",
    "board": "LLaMA Board does not begin with the working folder's datasets",
    "validation": "the training is not validated",
    "arithmetic": "the training's type of number is the checkpoint's",
    "safeguards": "nothing guards outputs against a second run or a torn checkpoint",
}
GUARD_VARIABLE = "SHOPBENCH_GUARD"
VALIDATION_VARIABLE = "SHOPBENCH_VALIDATION"


class _Finder:
    """A finder that hands a watched module's own loader on, with this project's change added behind it."""

    def __init__(self, watched: str, change: tuple[str, str]) -> None:
        self.watched = watched
        self.change = change
        self.is_asking = False

    def find_spec(
        self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        if name != self.watched or self.is_asking:
            return None
        self.is_asking = True  # the others do the finding, and may ask all finders in their turn
        try:
            spec = self._ask_others(name, path, target)
        finally:
            self.is_asking = False
        if spec is not None and spec.loader is not None:
            self._change_after_loading(spec.loader)
        return spec

    def _ask_others(self, name: str, path: "Sequence[str] | None", target: "ModuleType | None") -> "ModuleSpec | None":
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)  # finders of the old kind have none, and Python skips them too
            spec: ModuleSpec | None = find(name, path, target) if find is not None else None
            if spec is not None:
                return spec
        return None

    def _change_after_loading(self, loader: "Loader") -> None:
        run_module = loader.exec_module

        def exec_module(module: "ModuleType") -> None:
            run_module(module)  # where this fails, the import may be tried again
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            _change(module, *self.change)

        loader.exec_module = exec_module  # type: ignore[method-assign]  # this one loader, of this one module


def _change(module: "ModuleType", changes: str, function: str) -> None:
    try:
        from importlib import import_module

        getattr(import_module(f"shopbench_plugin.llamafactory.{changes}"), function)(module)
    except Exception as error:  # noqa: BLE001  LlamaFactory must go on working without these changes
        sys.stderr.write(
            f"shopbench: {_CONSEQUENCES[changes]} with this version of "
            f"LlamaFactory ({type(error).__name__}: {error}); install llamafactory 0.9.5\n"
        )


def install() -> None:
    """Put the finders in front of the others, once."""
    present = {(finder.watched, finder.change) for finder in sys.meta_path if isinstance(finder, _Finder)}
    changes = list(_ALWAYS)
    if os.environ.get(VALIDATION_VARIABLE):
        changes.extend(_VALIDATION)
    if os.environ.get(GUARD_VARIABLE) == "1":
        changes.extend(_GUARDS)  # last, so that what they wrap includes the validation
    for name, *change in changes:
        if name not in sys.modules and (name, tuple(change)) not in present:
            sys.meta_path.insert(0, _Finder(name, (change[0], change[1])))


install()

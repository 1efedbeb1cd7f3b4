"""Register this project's templates in every process that imports LlamaFactory.

LlamaFactory has no plugin mechanism: a template must be registered in every process that looks one up, including those
that torchrun and Ray start. `shopbench_llamafactory_hook.pth` in site-packages imports this module at the start of
every Python process (the standard library's `site` module documents such lines). It only installs finders, each of
which waits for one of LlamaFactory's modules and changes it once that module has run. It imports only what the
interpreter has already loaded.

With SHOPBENCH_GUARD=1 in the environment, which `make` sets, the folders that LlamaFactory writes are also guarded
(`safeguards`), training on a CPU uses the fastest dtype (`arithmetic`), and GPTQ uses groups that divide the model's
widths (`group_size`). With SHOPBENCH_VALIDATION=FILE, a training run is validated while it runs (`validation`). Without
these variables LlamaFactory behaves as usual, except for the templates and the folder whose datasets LLaMA Board starts
with.
"""

import os
import sys

TYPE_CHECKING = False  # what typing.TYPE_CHECKING is, without importing typing
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# Modules of LlamaFactory, and what this project changes in each once it has run.
_ALWAYS = (
    ("llamafactory.data.template", "templates", "register_templates"),
    ("llamafactory.webui.common", "board", "find_datasets"),
)
_VALIDATION = (("llamafactory.train.tuner", "validation", "add_validation"),)
_GUARDS = (
    ("llamafactory.hparams.parser", "safeguards", "guard_resuming"),
    ("llamafactory.train.tuner", "safeguards", "guard_outputs"),
    ("llamafactory.model.loader", "arithmetic", "choose_training_dtype"),
    ("llamafactory.model.model_utils.quantization", "group_size", "choose_group_size"),
)
_CONSEQUENCES = {
    "templates": "the templates qwen2 and qwen2_shopbench could not be registered",
    "board": "LLaMA Board does not start with the working folder's datasets",
    "validation": "training is not validated",
    "arithmetic": "training uses the checkpoint's dtype",
    "group_size": "GPTQ uses groups of 128 inputs, even if the model's widths are not multiples of it",
    "safeguards": "outputs are not protected against a second run or an incomplete checkpoint",
}
GUARD_VARIABLE = "SHOPBENCH_GUARD"
VALIDATION_VARIABLE = "SHOPBENCH_VALIDATION"


class _Finder:
    """A finder that returns the watched module's own loader, with this project's change added after it."""

    def __init__(self, watched: str, change: tuple[str, str]) -> None:
        self.watched = watched
        self.change = change
        self.is_asking = False

    def find_spec(
        self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        if name != self.watched or self.is_asking:
            return None
        self.is_asking = True  # the other finders do the work, and may in turn ask all finders
        try:
            spec = self._ask_others(name, path, target)
        finally:
            self.is_asking = False
        if spec is not None and spec.loader is not None:
            self._change_after_loading(spec.loader)
        return spec

    def _ask_others(self, name: str, path: "Sequence[str] | None", target: "ModuleType | None") -> "ModuleSpec | None":
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)  # legacy finders lack it, and Python skips them too
            spec: ModuleSpec | None = find(name, path, target) if find is not None else None
            if spec is not None:
                return spec
        return None

    def _change_after_loading(self, loader: "Loader") -> None:
        run_module = loader.exec_module

        def exec_module(module: "ModuleType") -> None:
            run_module(module)  # if this fails, the import may be retried
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            _change(module, *self.change)

        loader.exec_module = exec_module  # type: ignore[method-assign]  # only this module's loader


def _change(module: "ModuleType", changes: str, function: str) -> None:
    try:
        from importlib import import_module

        getattr(import_module(f"shopbench_plugin.llamafactory.{changes}"), function)(module)
    except Exception as error:  # noqa: BLE001  LlamaFactory must keep working without these changes
        sys.stderr.write(
            f"shopbench: {_CONSEQUENCES[changes]} with this version of "
            f"LlamaFactory ({type(error).__name__}: {error}); install llamafactory 0.9.5\n"
        )


def install() -> None:
    """Insert the finders before all others, once."""
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

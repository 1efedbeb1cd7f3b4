"""LoRA adapters of a transformers model, one of which is on at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, missing_package


class AdapterSwitch:
    """Puts peft's LoRA layers into a model, and turns those of one adapter on for as long as it answers."""

    def __init__(self, model: Any, folders: Sequence[str]) -> None:
        """Load the adapters of these folders into `model`, whose layers peft replaces; nothing happens without any.

        Raises:
            ShopBenchError: peft is missing, or can't load one of them.
        """
        self._model: Any = None
        if not folders:
            return
        try:
            from peft import PeftModel
        except ModuleNotFoundError as error:
            raise missing_package("peft", "train") from error
        self._numbers = {folder: str(number) for number, folder in enumerate(folders)}
        try:
            first, *rest = folders
            self._model = PeftModel.from_pretrained(model, first, adapter_name=self._numbers[first]).eval()
            for folder in rest:
                self._model.load_adapter(folder, adapter_name=self._numbers[folder])
        except Exception as error:  # a broken adapter fails in as many ways as there are libraries below
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ShopBenchError(f"{', '.join(folders)}: peft can't load it ({reason}); train it again") from error

    @contextmanager
    def use(self, folder: str) -> Iterator[None]:
        """Let the adapter of that folder be on within the block; "" for none, which is the base."""
        if self._model is None:
            yield
        elif folder:
            self._model.set_adapter(self._numbers[folder])
            yield
        else:
            with self._model.disable_adapter():
                yield

"""LoRA adapters of a transformers model, one active at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, describe_exception, missing_package


class AdapterSwitch:
    """Adds peft's LoRA layers to a model, and activates one adapter while it answers.

    An adapter that was not passed at construction is loaded on first use, and unloaded when the next such one is.
    """

    def __init__(self, model: Any, folders: Sequence[str]) -> None:
        """Load the adapters in these folders into `model`, whose layers peft replaces; without folders, do nothing.

        Raises:
            ShopBenchError: peft is missing, or can't load one of them.
        """
        self._model: Any = None
        self._numbers: dict[str, str] = {}
        self._guest = ""
        for folder in folders:
            self._load(folder, model)

    def _load(self, folder: str, model: Any = None) -> None:
        try:
            from peft import PeftModel
        except ModuleNotFoundError as error:
            raise missing_package("peft", "train") from error
        number = str(len(self._numbers))
        try:
            if self._model is None:
                self._model = PeftModel.from_pretrained(model, folder, adapter_name=number).eval()
            else:
                self._model.load_adapter(folder, adapter_name=number)
        except Exception as error:  # a broken adapter can raise almost anything
            reason = describe_exception(error)
            raise ShopBenchError(f"{folder}: peft can't load it ({reason}); train it again") from error
        self._numbers[folder] = number

    @contextmanager
    def use(self, folder: str) -> Iterator[None]:
        """Activate the adapter in that folder within the block; "" for the base model.

        Raises:
            ShopBenchError: it is not loaded yet, and peft can't load it.
        """
        if self._model is None:
            yield
        elif folder:
            if folder not in self._numbers:
                self._invite(folder)
            self._model.set_adapter(self._numbers[folder])
            yield
        else:
            with self._model.disable_adapter():
                yield

    def _invite(self, folder: str) -> None:
        if self._guest:
            self._model.delete_adapter(self._numbers.pop(self._guest))
        self._load(folder)
        self._guest = folder

"""Reading a GGUF file's metadata, with one clear error line for a damaged file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from shopbench_plugin.core.errors import ShopBenchError, missing_package
from shopbench_plugin.storage.files import open_to_read

_T = TypeVar("_T")
_MAGIC = b"GGUF"
_POSITION_TENSORS = ("rope_freqs.", "rope_factors_")  # Llama 3.1's and Phi-3's


@dataclass(frozen=True, slots=True)
class GGUFFile:
    """What a GGUF file says about its model.

    Attributes:
        path: the file.
        metadata: its keys and values as Python objects.
        tensors: number of weights in each tensor.
    """

    path: Path
    metadata: dict[str, Any]
    tensors: Mapping[str, int]

    @property
    def architecture(self) -> str:
        """The model family in GGUF's spelling, e.g. "qwen2"."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def parameters(self) -> int:
        """Total number of weights in all tensors."""
        return sum(self.tensors.values())

    def read(self, key: str, kind: type[_T]) -> _T | None:
        """Return a value of the metadata, None if it is missing.

        Raises:
            ShopBenchError: it has another type.
        """
        value = self.metadata.get(key)
        if value is None or isinstance(value, kind):
            return value
        raise ShopBenchError(f"{self.path}: {key} is {value!r:.60}, not of type {kind.__name__}; download it again")


@contextmanager
def isolate(path: Path) -> Iterator[Path]:
    """Yield a link to `path`, alone in a folder: transformers would read an adapter_config.json next to it."""
    with TemporaryDirectory() as folder:
        link = Path(folder) / "model.gguf"
        link.symlink_to(path.absolute())
        yield link


def open_gguf(path: Path) -> GGUFFile:
    """Read the metadata of a GGUF file and check that its tensors are complete and of a supported architecture.

    Raises:
        ShopBenchError: the file can't be read, is not GGUF, is truncated or one part of a split model, or transformers
            doesn't convert its architecture or its positions; or the package gguf is not installed.
    """
    _check_magic(path)
    try:
        from gguf import GGUFReader
    except ModuleNotFoundError as error:
        raise missing_package("gguf", "train") from error
    try:
        reader = GGUFReader(path)
        metadata = {name: field.contents() for name, field in reader.fields.items()}
    except Exception as error:  # the reader doesn't check lengths, so a damaged file can raise anything
        raise ShopBenchError(f"{path}: truncated or damaged GGUF file; download it again") from error
    file = GGUFFile(path, metadata, {tensor.name: int(tensor.n_elements) for tensor in reader.tensors})
    _check_supported(file)
    _check_positions(file)
    return file


def _check_magic(path: Path) -> None:
    with open_to_read(path) as stream:
        magic = stream.read(len(_MAGIC))
    if magic != _MAGIC:
        raise ShopBenchError(f"{path}: not a GGUF file (it starts with {magic!r}); pass a .gguf file")


def _check_supported(file: GGUFFile) -> None:
    from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

    parts = file.read("split.count", int) or 0
    if parts > 1:
        raise ShopBenchError(
            f"{file.path}: one of {parts} parts of a split model; join them with llama-gguf-split --merge first"
        )
    if file.architecture not in GGUF_SUPPORTED_ARCHITECTURES:
        raise ShopBenchError(
            f"{file.path}: unsupported architecture '{file.architecture}'; "
            f"transformers converts {', '.join(sorted(GGUF_SUPPORTED_ARCHITECTURES))}"
        )
    if not file.parameters:
        raise ShopBenchError(
            f"{file.path}: contains no weights; pass the GGUF file of a model, not only of its vocabulary"
        )


def _check_positions(file: GGUFFile) -> None:
    """Reject scaled rotary positions: transformers (5.5) reads neither their keys nor their tensors.

    Without a type, a factor is a linear one (llama.cpp, src/llama-model.cpp).
    """
    prefix = f"{file.architecture}.rope."
    kind = file.read(f"{prefix}scaling.type", str) or "linear"
    factor = file.metadata.get(f"{prefix}scaling.factor") or file.metadata.get(f"{prefix}scale_linear") or 1
    found = next((f"tensor {name}" for name in file.tensors if name.startswith(_POSITION_TENSORS)), None)
    if found is None and (kind not in {"none", "linear"} or (kind == "linear" and factor != 1)):
        found = f"{prefix}scaling.type {kind:.60}"
    if found is not None:
        raise ShopBenchError(
            f"{file.path}: its rotary positions are scaled ({found}), which transformers doesn't read from GGUF; "
            "use the model's Hugging Face folder, or a GGUF file of another model"
        )

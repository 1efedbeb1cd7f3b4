"""Reading a GGUF file's metadata, with one clear error line for a damaged file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, missing_package
from shopbench_plugin.storage.files import open_to_read

_MAGIC = b"GGUF"


@dataclass(frozen=True, slots=True)
class GGUFFile:
    """What a GGUF file says about its model.

    Attributes:
        path: the file.
        metadata: its keys and values as Python objects.
        parameters: total number of weights in all tensors.
    """

    path: Path
    metadata: dict[str, Any]
    parameters: int

    @property
    def architecture(self) -> str:
        """The model family in GGUF's spelling, e.g. "qwen2"."""
        return str(self.metadata.get("general.architecture", ""))


def open_gguf(path: Path) -> GGUFFile:
    """Read the metadata of a GGUF file and check that its tensors are complete and of a supported architecture.

    Raises:
        ShopBenchError: the file can't be read, is not GGUF, is truncated or one part of a split model, or transformers
            doesn't convert its architecture; or the package gguf is not installed.
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
    file = GGUFFile(path, metadata, sum(int(tensor.n_elements) for tensor in reader.tensors))
    _check_supported(file)
    return file


def _check_magic(path: Path) -> None:
    with open_to_read(path) as stream:
        magic = stream.read(len(_MAGIC))
    if magic != _MAGIC:
        raise ShopBenchError(f"{path}: not a GGUF file (it starts with {magic!r}); pass a .gguf file")


def _check_supported(file: GGUFFile) -> None:
    from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

    parts = file.metadata.get("split.count", 0)
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

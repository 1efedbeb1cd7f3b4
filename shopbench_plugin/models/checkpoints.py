"""Model folders in Hugging Face format: inspecting them without loading weights, and writing them atomically."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from shopbench_plugin.core.errors import ShopBenchError, explain_os_error
from shopbench_plugin.storage.locks import lock
from shopbench_plugin.storage.temporaries import close_at_end, open_temporary_folder
from shopbench_plugin.storage.unfinished import check_finished

INDEX_NAME = "model.safetensors.index.json"
_PICKLED_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_NOT_WEIGHTS = ("training_args.bin", "optimizer.pt", "scheduler.pt")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model folder with its weights in safetensors files.

    Attributes:
        folder: the model folder.
        config: the content of config.json.
        shards: the weight files, sorted by name.
    """

    folder: Path
    config: dict[str, Any]
    shards: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Bytes of all weight files."""
        return sum(shard.stat().st_size for shard in self.shards)

    def read_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor, read from the files' headers."""
        return read_shapes(self.shards)


def open_checkpoint(folder: Path) -> Checkpoint:
    """Inspect a model folder.

    Raises:
        ShopBenchError: the folder is missing, unfinished or not a model, its weights are pickled, or one of its shards
            is missing.
    """
    if not folder.is_dir():
        raise ShopBenchError(f"{folder}: no such model folder; check the path, or run the stage that writes it")
    check_finished(folder)
    return Checkpoint(folder, read_config(folder), find_weights(folder, "model"))


def read_config(folder: Path) -> dict[str, Any]:
    """Return a model folder's config.json.

    Raises:
        ShopBenchError: it is missing or not a JSON object, or the folder contains an adapter instead of a model.
    """
    reject_adapter(folder)
    return read_json_object(folder / "config.json", f"{folder} is not a Hugging Face model folder")


def reject_adapter(folder: Path) -> None:
    """Raise a ShopBenchError if a folder contains an adapter instead of a model."""
    if (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file():
        raise ShopBenchError(
            f"{folder}: is a LoRA adapter, not a model; pass the base as the model and this folder as --adapter, or "
            "merge it with `make export` (llamafactory-cli export with adapter_name_or_path)"
        )


def find_weights(folder: Path, stem: str) -> tuple[Path, ...]:
    """Return the safetensors files `stem*.safetensors` of a folder; `stem` is "model", or "adapter_model".

    Raises:
        ShopBenchError: there are none, only pickled ones, or the index names one that is missing or elsewhere.
    """
    index = folder / f"{stem}.safetensors.index.json"
    if index.is_file():
        shards = [folder / name for name in _read_shard_names(index)]
        missing = next((shard for shard in shards if not shard.is_file()), None)
        if missing is not None:
            raise ShopBenchError(f"{missing}: named in {index.name} but missing; copy or download the model again")
        return tuple(shards)
    single = folder / f"{stem}.safetensors"
    if single.is_file():
        return (single,)
    pickled = sorted(
        path for path in folder.iterdir() if path.suffix in _PICKLED_SUFFIXES and path.name not in _NOT_WEIGHTS
    )
    if pickled:
        raise ShopBenchError(
            f"{pickled[0]}: pickled weights can run any code when they are loaded, so they are rejected; "
            "if you trust the model, save it as safetensors"
        )
    raise ShopBenchError(f"{folder}: has no {stem}.safetensors; the download or the export is incomplete")


def _read_shard_names(index: Path) -> list[str]:
    weight_map = read_json_object(index, "the model cannot be read").get("weight_map")
    names: list[Any] = [*weight_map.values()] if isinstance(weight_map, dict) else [weight_map]
    for name in names:
        if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors"):
            raise ShopBenchError(
                f"{index}: lists {name!r:.60}, not a safetensors file in its folder; copy the model again"
            )
    return sorted(set(names))


def read_shapes(shards: tuple[Path, ...]) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor in the safetensors files, read from their headers.

    Raises:
        ShopBenchError: a file is truncated or not a safetensors file.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for shard in shards:
        with open_tensors(shard, "numpy") as tensors:
            shapes |= {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118
    return shapes


def open_tensors(shard: Path, framework: str) -> Any:
    """Open a safetensors file (safetensors.safe_open); `framework` is "numpy" or "pt".

    Raises:
        ShopBenchError: it is truncated or not a safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(shard, framework=framework)
    except (SafetensorError, OSError) as error:
        raise ShopBenchError(
            f"{shard}: not a readable safetensors file ({error}); copy or download it again"
        ) from error


def read_header(shard: Path) -> tuple[dict[str, Any], int]:
    """Return each tensor's type, shape and place in a safetensors file that `read_shapes` accepts, and their start."""
    with shard.open("rb") as stream:  # https://github.com/huggingface/safetensors#format
        length = int.from_bytes(stream.read(8), "little")
        tensors: dict[str, Any] = orjson.loads(stream.read(length))
    tensors.pop("__metadata__", None)
    return tensors, 8 + length


def require_space(target: Path, needed: int) -> None:
    """Check that `target` can be written, and that `needed` bytes are free there.

    Raises:
        ShopBenchError: it can't be written, or there is too little space.
    """
    place = target.absolute()
    with explain_os_error(target, "written", "choose another place"):
        while not place.exists():
            place = place.parent
        with tempfile.TemporaryFile(dir=place):  # checking permissions would not detect a read-only file system
            free = shutil.disk_usage(place).free
    if free < needed:
        raise ShopBenchError(
            f"{target}: needs about {needed / 1e9:.1f} GB on disk, but {free / 1e9:.1f} GB are free; "
            "free some space or choose another place"
        )


@contextmanager
def write_folder_atomically(folder: Path, marker: str = "config.json") -> Iterator[Path]:
    """Yield an empty folder next to `folder` that replaces it only if the block succeeds.

    After an error or an interrupt, `folder` is unchanged and nothing else is left. `marker` is the file that identifies
    a folder of the same kind, which may be replaced. A symbolic link is followed.

    Raises:
        ShopBenchError: the folder can't be written, exists without the marker, or contains the working directory.
    """
    folder = Path(os.path.realpath(folder))
    if folder.exists() and not (folder / marker).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ShopBenchError(f"{folder}: exists but has no {marker}; choose another place")
    if folder.exists() and Path.cwd().is_relative_to(folder):  # the caller's shell would stay in the removed folder
        raise ShopBenchError(f"{folder}: contains the working directory; choose another place, or cd out of it")
    with ExitStack() as stack:
        with explain_os_error(folder, "written", "choose another place"):
            folder.parent.mkdir(parents=True, exist_ok=True)
            part = stack.enter_context(open_temporary_folder(folder))
        with explain_os_error(folder, "written", "the old folder is kept"):
            yield part
            for path in part.iterdir():  # safetensors writes files that only their owner can read
                path.chmod(part.stat().st_mode & (0o777 if path.is_dir() else 0o666))
            if folder.exists():
                _replace_folder(folder, part)
            else:
                part.rename(folder)


def _replace_folder(folder: Path, part: Path) -> None:
    """Replace `folder` with `part`; if that fails, restore `folder`."""
    old = part.with_suffix(".old.part")
    with close_at_end(os.open(folder, os.O_RDONLY)) as handle:
        try:
            lock(handle)  # otherwise another writer treats it as abandoned
            folder.rename(old)
            part.rename(folder)
        finally:
            if folder.exists():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.rename(folder)


def is_hub_name(name: str) -> bool:
    """Return whether a name is OWNER/MODEL; anything else, or a name whose OWNER is an existing folder, is a path."""
    owner, _, model = name.partition("/")
    return bool(owner and model) and "/" not in model and owner[0] not in ".~" and not Path(owner).is_dir()


def read_json_object(path: Path, otherwise: str) -> dict[str, Any]:
    """Return the JSON object in a file; `otherwise` is added to error messages: what the error means, or what to do.

    Raises:
        ShopBenchError: the file can't be read or doesn't contain a JSON object.
    """
    with explain_os_error(path, "read", otherwise):
        stored = path.read_bytes()
    try:
        content = orjson.loads(stored)
    except orjson.JSONDecodeError as error:
        raise ShopBenchError(f"{path}: not valid JSON ({error}); {otherwise}") from error
    if not isinstance(content, dict):
        raise ShopBenchError(f"{path}: not a JSON object; {otherwise}")
    return content

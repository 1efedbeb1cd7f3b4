"""Blended LoRA adapters: a weighted merge of several, and an interpolation between a tuned model and its base.

The winner of the KDD Cup 2024 merged adapters with weights that were tuned for each track, and interpolated between
tuned and base weights ("wise-ft"). For LoRA both need only the adapters: interpolation scales the low-rank update,
and peft merges adapters layer by layer. So the base's weights are never loaded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.core.progress import announce
from shopbench_plugin.models.adapters import PREFIX, read_adapter_shapes
from shopbench_plugin.models.checkpoints import find_weights, read_json_object, write_folder_atomically
from shopbench_plugin.storage.files import write_json_file
from shopbench_plugin.storage.paths import check_places, list_model_files

if TYPE_CHECKING:
    from peft import PeftModel

Method = Literal["cat", "linear", "svd", "ties", "ties_svd", "dare_linear", "dare_ties", "magnitude_prune"]
"""How peft merges: "cat" is exact and adds up ranks; "linear", "ties" and "dare" need equal ranks; "svd" any ranks."""

NOTE: Final = "blend.json"
_WITH_DENSITY: Final = ("ties", "ties_svd", "dare_linear", "dare_ties", "magnitude_prune")
_WITH_EQUAL_RANKS: Final = ("linear", "ties", "dare_linear", "dare_ties", "magnitude_prune")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendSettings:
    """What is blended, and how.

    Attributes:
        adapters: folders of LoRA adapters of the same base.
        weights: one per adapter.
        method: how several adapters are merged.
        density: share of the values that the pruning methods keep, in (0, 1].
        rank: the result's rank for "svd" and "ties_svd"; None for the largest merged rank.
        scale: 1 keeps the blend unchanged, 0 is the base.
        seed: random seed for the values that "dare" drops.
    """

    adapters: tuple[Path, ...]
    weights: tuple[float, ...]
    method: Method = "linear"
    density: float = 0.5
    rank: int | None = None
    scale: float = 1.0
    seed: int = 0


def blend_adapters(settings: BlendSettings, output: Path) -> None:
    """Write the blend as an adapter that LlamaFactory merges and vLLM serves like any other; NOTE records its settings.

    Raises:
        ShopBenchError: the adapters don't fit each other or the method, or a folder can't be read or written.
    """
    check_places([path for folder in settings.adapters for path in list_model_files(folder)], [output])
    shapes = check_blend(settings)
    announce(f"blending {len(settings.adapters)} adapters with peft")
    with write_folder_atomically(output, marker="adapter_config.json") as folder:
        _write_blend(settings, shapes, folder)
        write_json_file(folder / NOTE, _describe(settings) | {"output": _describe_files([folder])})


def check_blend(settings: BlendSettings) -> list[dict[str, tuple[int, ...]]]:
    """Check that the adapters can be blended, and return the shapes of each one's tensors by name.

    Raises:
        ShopBenchError: the adapters don't fit each other or the method, or a folder can't be read.
    """
    configs = [_read_config(folder) for folder in settings.adapters]
    shapes = [read_adapter_shapes(folder) for folder in settings.adapters]
    _check_settings(settings)
    _check_bases(settings, configs)
    _check_shapes(settings, configs, shapes)
    return shapes


def is_blended(settings: BlendSettings, output: Path) -> bool:
    """Return whether `output` contains exactly this blend of exactly these adapters, unchanged since."""
    try:
        note = orjson.loads((output / NOTE).read_bytes())
        if not isinstance(note, dict) or note.pop("output", None) not in (None, _describe_files([output])):
            return False
    except (OSError, ShopBenchError, orjson.JSONDecodeError):
        return False
    return bool(note == orjson.loads(orjson.dumps(_describe(settings))))


def _describe(settings: BlendSettings) -> dict[str, Any]:
    """Return the settings, and what distinguishes each adapter's weights from those of another training run."""
    values = asdict(settings) | {"adapters": [str(folder.absolute()) for folder in settings.adapters]}
    return values | {"weights_files": _describe_files(settings.adapters)}


def _describe_files(folders: Iterable[Path]) -> list[list[int]]:
    states = [path.stat() for folder in folders for path in find_weights(folder, "adapter_model")]
    return [[state.st_size, state.st_mtime_ns] for state in states]


def _read_config(folder: Path) -> dict[str, Any]:
    config = read_json_object(folder / "adapter_config.json", "pass the output folder of the training")
    if config.get("peft_type") != "LORA":
        raise ShopBenchError(f"{folder}: its adapter is {shorten(config.get('peft_type'))}; only LoRA can be blended")
    if config.get("use_dora"):
        raise ShopBenchError(f"{folder}: is a DoRA adapter, whose update is not linear; train it without use_dora")
    if config.get("modules_to_save"):
        names = ", ".join(config["modules_to_save"])
        raise ShopBenchError(
            f"{folder}: contains fully trained layers ({names}), which need the base's weights to be blended; "
            "train it without additional_target"
        )
    return config


def _check_settings(settings: BlendSettings) -> None:
    if len(settings.weights) != len(settings.adapters):
        raise ShopBenchError(
            f"--weights: {len(settings.weights)} for {len(settings.adapters)} adapters; pass one for each --adapter"
        )
    if not any(settings.weights):
        raise ShopBenchError("--weights: all are 0, which leaves the base unchanged; pass at least one that is not 0")


def _check_bases(settings: BlendSettings, configs: list[dict[str, Any]]) -> None:
    bases = [str(config.get("base_model_name_or_path")).rstrip("/") for config in configs]
    for (first, base), (folder, other) in pairwise(zip(settings.adapters, bases, strict=True)):
        if base != other:
            raise ShopBenchError(
                f"{folder}: was trained on {other}, but {first} on {base}; blend adapters of the same base"
            )


def _check_shapes(
    settings: BlendSettings, configs: list[dict[str, Any]], shapes: list[dict[str, tuple[int, ...]]]
) -> None:
    """Reject layers of different sizes, and ranks that the method can't merge."""
    sizes: dict[str, tuple[int, int]] = {}
    for folder, found in zip(settings.adapters, shapes, strict=True):
        for name, size in _find_layers(found).items():
            if sizes.setdefault(name, size) != size:
                raise ShopBenchError(
                    f"{folder}: its {name} is {size[0]} x {size[1]}, but another adapter's is {sizes[name][0]} x "
                    f"{sizes[name][1]}; blend adapters of the same base"
                )
    ranks = [config.get("r") for config in configs]
    if settings.method in _WITH_EQUAL_RANKS and len(set(ranks)) > 1:
        raise ShopBenchError(
            f"--method {settings.method}: the adapters' ranks are {', '.join(map(str, ranks))}; use svd or cat"
        )


def _find_layers(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, int]]:
    """Return (outputs, inputs) of each changed layer; lora_A is (rank, inputs), lora_B (outputs, rank)."""
    layers = {}
    for name, shape in shapes.items():
        layer, is_first, _ = name.removeprefix(PREFIX).partition(".lora_A.weight")
        if is_first:
            layers[layer] = (shapes[name.replace("lora_A", "lora_B")][0], shape[1])
    return layers


def _write_blend(settings: BlendSettings, shapes: list[dict[str, tuple[int, ...]]], folder: Path) -> None:
    import torch

    torch.manual_seed(settings.seed)
    model, names = _load_adapters(settings, shapes)
    if len(names) == 1:
        name, scale = names[0], settings.scale * settings.weights[0]
    else:
        name, scale = "blend", settings.scale
        _merge(model, names, settings)
    for parameter_name, parameter in model.named_parameters():
        if f".{name}." not in parameter_name:
            continue
        if f".lora_B.{name}." in parameter_name:
            parameter.data *= scale
        parameter.data = parameter.data.contiguous()  # svd leaves views, which safetensors rejects
    model.save_pretrained(folder, selected_adapters=[name])
    for path in (folder / name).iterdir():
        path.rename(folder / path.name)
    (folder / name).rmdir()


def _merge(model: "PeftModel", names: list[str], settings: BlendSettings) -> None:
    density = settings.density if settings.method in _WITH_DENSITY else None
    if settings.method.endswith("svd"):
        _fold_scaling(model)
    try:
        model.base_model.add_weighted_adapter(
            names,
            list(settings.weights),
            "blend",
            combination_type=settings.method,
            svd_rank=settings.rank,
            svd_full_matrices=False,
            density=density,
        )
    except ValueError as error:
        raise ShopBenchError(f"--method {settings.method}: peft can't merge these adapters ({error})") from error
    # The merged matrices already include each adapter's own scaling.
    model.peft_config["blend"].use_rslora = False


def _fold_scaling(model: "PeftModel") -> None:
    """Move each adapter's scaling into its matrices: peft 0.18 counts it twice when it merges by SVD."""
    from peft.tuners.lora import LoraLayer

    for module in model.modules():
        if isinstance(module, LoraLayer):
            for name, scaling in module.scaling.items():
                module.lora_B[name].weight.data *= scaling
                module.scaling[name] = 1.0


def _load_adapters(settings: BlendSettings, shapes: list[dict[str, tuple[int, ...]]]) -> tuple["PeftModel", list[str]]:
    """Return the adapters on a placeholder for the base, with their layers' sizes and no weights."""
    from peft import PeftModel

    layers: dict[str, tuple[int, int]] = {}
    for found in shapes:
        layers |= _find_layers(found)
    names = [f"adapter{number}" for number in range(len(settings.adapters))]
    model: Any = _make_stand_in(layers)
    for name, folder in zip(names, settings.adapters, strict=True):
        if isinstance(model, PeftModel):
            model.load_adapter(folder, name)
        else:
            model = PeftModel.from_pretrained(model, folder, name)
    return model, names


def _make_stand_in(layers: dict[str, tuple[int, int]]) -> Any:
    import torch

    root = torch.nn.Module()
    root.config = {"model_type": "custom", "tie_word_embeddings": False}
    root.prepare_inputs_for_generation = (
        None  # peft requires it of a causal model, which LlamaFactory's adapters are for
    )
    for name, (outputs, inputs) in layers.items():
        *parents, last = name.split(".")
        module = root
        for parent in parents:
            if not hasattr(module, parent):
                module.add_module(parent, torch.nn.Module())
            module = getattr(module, parent)
        linear = torch.nn.Linear(1, 1, bias=False)
        linear.in_features, linear.out_features = inputs, outputs
        # One number in memory, regardless of the size.
        linear.weight = torch.nn.Parameter(torch.zeros(1, 1).expand(outputs, inputs), requires_grad=False)
        module.add_module(last, linear)
    return root


def read_weights(text: str) -> Iterator[float]:
    """Yield the numbers of "0.7,0.3".

    Raises:
        ShopBenchError: one of them is not a number.
    """
    from math import isfinite

    for part in text.split(","):
        try:
            number = float(part)
        except ValueError:
            number = float("nan")
        if not isfinite(number):
            raise ShopBenchError(f"--weights: '{part.strip():.40}' is not a number; write numbers such as 0.7,0.3")
        yield number

"""The options shared by all commands with a model, and how they are merged with a recipe."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from shopbench_plugin.predict.settings import HasEngine

T = TypeVar("T", bound="HasEngine")

SHORTEST_SECONDS = 0.001
"""The smallest time budget."""


def _require_engine(name: str | None) -> str | None:
    """Return the engine's name; an unknown name is a usage error."""
    if name is not None:
        from shopbench_plugin.core.errors import unknown_name
        from shopbench_plugin.engines.registry import ENGINES

        if name not in ENGINES.list_names():
            raise typer.BadParameter(str(unknown_name("engine", name, ENGINES.list_names())))
    return name


def _require_cot(value: str | None) -> str | None:
    """Return "numeric", or what `ListingCommand` adds to a bare --cot or --no-cot; others are usage errors."""
    if value not in {None, "numeric", "true", "false"}:
        raise typer.BadParameter(f"'{value}' is unknown; pass --cot or --cot numeric")
    return value


Model = Annotated[str | None, typer.Option(help="Model folder or Hub ID; for a server, the model name it serves.")]
Preset = Annotated[str | None, typer.Option(help="Demonstrations: {presets}, or your own YAML file.")]
DevelopmentSet = Annotated[Path | None, typer.Option(help="File to take demonstrations from.")]
Engine = Annotated[
    str | None,
    typer.Option(
        help="Inference engine: {engines}; by default vllm if installed, else transformers.",
        callback=_require_engine,
    ),
]
BaseUrls = Annotated[
    list[str] | None,
    typer.Option(
        "--base-url",
        help="Base URL of an OpenAI-compatible server, ending in /v1; repeat the option for several.",
        metavar="URL",
    ),
]
Cot = Annotated[
    str | None,
    typer.Option(
        metavar="[numeric]",
        help="Reason in one sentence before multiple choice; 'numeric': only for arithmetic. --no-cot: never.",
        callback=_require_cot,
    ),
]
Adapter = Annotated[str | None, typer.Option(help="Folder of a LoRA adapter for the model, applied without merging.")]
Config = Annotated[Path | None, typer.Option(help="YAML recipe with these and other settings; flags override it.")]


def require_finite(value: float | None) -> float | None:
    """Return a flag's value; infinity and NaN, which pass the bounds, are rejected.

    Raises:
        BadParameter: it is infinite or NaN.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number")
    return value


def read_settings(kind: "type[T]", config: Path | None, **flags: Any) -> "T":
    """Return a command's settings: its flags override the SHOPBENCH_ variables, which override the recipe.

    Args:
        kind: the settings class that the command needs.
        config: the recipe.
        flags: by setting name; None and an empty list count as not given.

    Raises:
        ShopBenchError: the recipe can't be read, a setting is unknown, or some are missing or wrong.
    """
    from shopbench_plugin.core.settings import merge
    from shopbench_plugin.predict import settings

    return settings.read_settings(merge(config, os.environ, flags), kind)


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of a command that are settings of the same names; None if not given.

    `with_flags` replaces a command's parameter of this class with the fields.
    """

    config: Config = None

    def read(self, kind: "type[T]") -> "T":
        """Return the settings, as `read_settings` does."""
        flags = {field.name: getattr(self, field.name) for field in fields(self)}
        return read_settings(kind, **flags)


@dataclass(frozen=True, slots=True)
class ModelFlags(Flags):
    """The flags of every command that answers questions."""

    model: Model = None
    adapter: Adapter = None
    preset: Preset = None
    development_set: DevelopmentSet = None
    engine: Engine = None
    base_urls: BaseUrls = None
    cot: Cot = None


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with its parameter `flags` replaced by that record's fields."""
    record = command.__annotations__["flags"]
    options = signature(record).parameters
    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        parameters += options.values() if parameter.name == "flags" else [parameter]

    @wraps(command)
    def call(**given: Any) -> None:
        command(flags=record(**{name: given.pop(name) for name in options}), **given)

    call.__signature__ = Signature([one.replace(kind=Parameter.KEYWORD_ONLY) for one in parameters])  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call

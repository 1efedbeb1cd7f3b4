"""The options that every command with a model has, and how they are joined with a recipe."""

import math
import os
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

if TYPE_CHECKING:
    from shopbench_plugin.predict.settings import HasEngine

T = TypeVar("T", bound="HasEngine")

SHORTEST_SECONDS = 0.001
"""The smallest time budget."""


def _require_engine(name: str | None) -> str | None:
    """Let the name of an engine pass; any other is wrong usage."""
    if name is not None:
        from shopbench_plugin.core.errors import unknown_name
        from shopbench_plugin.engines.registry import ENGINES

        if name not in ENGINES.list_names():
            raise typer.BadParameter(str(unknown_name("engine", name, ENGINES.list_names())))
    return name


def _require_cot(value: str | None) -> str | None:
    """Let "numeric" and what `ListingCommand` writes for a --cot and a --no-cot alone pass; others are wrong usage."""
    if value not in {None, "numeric", "true", "false"}:
        raise typer.BadParameter(f"'{value}' is unknown; pass --cot or --cot numeric")
    return value


Model = Annotated[str | None, typer.Option(help="Model folder or hub name; for a server the name it serves.")]
Preset = Annotated[str | None, typer.Option(help="Demonstrations: {presets}, or a YAML file of your own.")]
DevelopmentSet = Annotated[Path | None, typer.Option(help="File that demonstrations are taken from.")]
Engine = Annotated[
    str | None,
    typer.Option(
        help="What runs the model: {engines}; vllm where it is installed, else transformers.",
        callback=_require_engine,
    ),
]
BaseUrls = Annotated[
    list[str] | None,
    typer.Option(
        "--base-url",
        help="Address of an OpenAI-compatible server, ending in /v1; repeat it for several.",
        metavar="URL",
    ),
]
Cot = Annotated[
    str | None,
    typer.Option(
        metavar="[numeric]",
        help="Let multiple choice think in one sentence first; 'numeric': only for arithmetic. --no-cot: never.",
        callback=_require_cot,
    ),
]
Adapter = Annotated[
    str | None, typer.Option(help="Folder of a LoRA adapter of the model, which answers without being merged.")
]
Config = Annotated[Path | None, typer.Option(help="YAML recipe with these and more settings; flags win over it.")]


def require_finite(value: float | None) -> float | None:
    """Let a flag's value pass unless it is infinite or no number: neither is caught by bounds.

    Raises:
        BadParameter: it is one of them.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number")
    return value


def read_settings(kind: "type[T]", config: Path | None, **flags: Any) -> "T":
    """Return a command's settings: its flags, above the SHOPBENCH_ variables, above the recipe.

    Args:
        kind: the record that the command needs.
        config: the recipe.
        flags: by the names of the settings; None and an empty list count as not given.

    Raises:
        ShopBenchError: the recipe can't be read, a setting is unknown, or some are missing or wrong.
    """
    from shopbench_plugin.core.settings import merge
    from shopbench_plugin.predict import settings

    return settings.read_settings(merge(config, os.environ, flags), kind)


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of a command that are settings of the same names; None where one isn't given.

    A record of them is a parameter of the command's function under `with_flags`.
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
    """Return the command with the fields of its parameter `flags` as parameters in that one's place."""
    record = command.__annotations__["flags"]
    hints = get_type_hints(record, include_extras=True)
    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        if parameter.name == "flags":
            parameters += [
                Parameter(
                    field.name,
                    Parameter.KEYWORD_ONLY,
                    default=Parameter.empty if field.default is MISSING else field.default,
                    annotation=hints[field.name],
                )
                for field in fields(record)
            ]
        else:
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))

    @wraps(command)
    def call(**given: Any) -> None:
        flags = record(**{field.name: given.pop(field.name) for field in fields(record)})
        command(flags=flags, **given)

    call.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call

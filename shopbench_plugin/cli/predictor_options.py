"""The options that every command with a model has, and how they are joined with a recipe."""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopbench_plugin.engines.names import EngineName

if TYPE_CHECKING:
    from shopbench_plugin.predict.settings import PredictSettings

Model = Annotated[str | None, typer.Option(help="Model folder or hub name; for a server the name it serves.")]
Preset = Annotated[
    str | None, typer.Option(help="zero-shot, fewshot, track1-fewshot, mix-fewshot, or a YAML file of your own.")
]
DevelopmentSet = Annotated[Path | None, typer.Option(help="JSONL file that demonstrations are taken from.")]
Engine = Annotated[
    EngineName | None, typer.Option(help="What runs the model; vllm where it is installed, else transformers.")
]
BaseUrl = Annotated[
    list[str] | None,
    typer.Option(help="Address of an OpenAI-compatible server, ending in /v1; repeat it for several.", metavar="URL"),
]
Cot = Annotated[bool | None, typer.Option("--cot/--no-cot", help="Let multiple choice think in one sentence first.")]
Config = Annotated[Path | None, typer.Option(help="YAML recipe with these and more settings; flags win over it.")]


def require_finite(value: float | None) -> float | None:
    """Let a flag's value pass unless it is infinite or no number: neither is caught by bounds.

    Raises:
        BadParameter: it is one of them.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number")
    return value


def read_settings(config: Path | None, **flags: Any) -> "PredictSettings":
    """Return the recipe's settings with the flags that were given (not None, not empty) in their place.

    Raises:
        ShopBenchError: the recipe can't be read or has a mistake.
    """
    from shopbench_plugin.core.yaml_files import read_yaml
    from shopbench_plugin.predict.settings import PredictSettings

    settings = read_yaml(config, PredictSettings, empty={}) if config else PredictSettings()
    given = {name: value for name, value in flags.items() if value is not None}
    base_urls = given.pop("base_url", None)
    if base_urls:
        given["base_urls"] = tuple(base_urls)
    return replace(settings, **given)


def read_model_settings(
    config: Config,
    model: Model,
    preset: Preset,
    development_set: DevelopmentSet,
    engine: Engine,
    base_url: BaseUrl,
    cot: Cot,
) -> "PredictSettings":
    """Return the settings of a command that gets its questions from no file.

    Raises:
        ShopBenchError: as `read_settings`; also where neither the recipe nor `model` names a model.
    """
    from shopbench_plugin.core.errors import require_settings

    settings = read_settings(
        config,
        model=model,
        preset=preset,
        development_set=development_set,
        engine=engine,
        base_url=base_url,
        cot=cot,
    )
    require_settings(settings, "model")
    return settings

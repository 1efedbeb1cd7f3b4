"""`shopbench predict`: answer a file of questions."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from shopbench_plugin.engines.interface import EngineName


def predict(
    model: Annotated[str | None, typer.Option(help="Model folder or hub name.")] = None,
    input: Annotated[Path | None, typer.Option(help="JSONL file of development or test questions.")] = None,  # noqa: A002
    output: Annotated[Path | None, typer.Option(help="JSONL file for the predictions, in input order.")] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="zero-shot, fewshot, track1-fewshot, mix-fewshot, or a YAML file of your own."),
    ] = None,
    development_set: Annotated[Path | None, typer.Option(help="JSONL file that demonstrations are taken from.")] = None,
    engine: Annotated[EngineName | None, typer.Option(help="What runs the model; vllm unless given.")] = None,
    cot: Annotated[
        bool | None, typer.Option("--cot/--no-cot", help="Let multiple choice think in one sentence first.")
    ] = None,
    constraints: Annotated[
        bool | None,
        typer.Option("--constraints/--no-constraints", help="Generate valid answers only (the default)."),
    ] = None,
    seconds_per_question: Annotated[
        float | None, typer.Option(help="Time budget; what is late gets the best valid answer at hand.")
    ] = None,
    save_prompts: Annotated[
        bool | None, typer.Option("--save-prompts", help="Write each dialogue into its output row.")
    ] = None,
    overwrite: Annotated[bool | None, typer.Option("--overwrite", help="Replace an output of another run.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML recipe with these and more settings; flags win over it.")
    ] = None,
) -> None:
    """Answer every question of a file with one model.

    The same command continues a run that was killed, and does nothing where the run is complete.
    """
    from shopbench_plugin.predict.run import predict_file
    from shopbench_plugin.predict.settings import PredictSettings
    from shopbench_plugin.yaml_files import read_yaml

    flags: dict[str, Any] = {
        "model": model,
        "input": input,
        "output": output,
        "preset": preset,
        "development_set": development_set,
        "engine": engine,
        "cot": cot,
        "constraints": constraints,
        "seconds_per_question": seconds_per_question,
        "save_prompts": save_prompts,
        "overwrite": overwrite,
    }
    settings = read_yaml(config, PredictSettings, empty={}) if config else PredictSettings()
    settings = replace(settings, **{name: value for name, value in flags.items() if value is not None})
    summary = predict_file(settings)
    if not summary.asked:
        typer.echo(f"{settings.output}: complete, all {summary.questions} questions were answered before")
        return
    late = summary.unfinished.get("deadline", 0)
    typer.echo(
        f"{settings.output}: {summary.questions} predictions, {summary.asked} of them in {summary.seconds:.1f} s "
        f"(loading included), {summary.cached_share:.0%} of the prompt tokens from the prefix cache, "
        f"{summary.unsure} unsure routes, {summary.cut} shortened, {late} late"
    )

"""`shopbench untie`, `clean-quantized`, `check-quantized`: make LlamaFactory's exports ready to serve."""

from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.cli.tables import print_summary
from shopbench_plugin.core.table import Table


def clean(
    model: Annotated[Path | None, typer.Option(help="Folder of the quantized model.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Or the export recipe, whose export_dir is used.")] = None,
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, as for llamafactory-cli.")] = None,
) -> None:
    """Remove the calibration texts that LlamaFactory's export leaves in a quantized model's config.json."""
    from shopbench_plugin.quantization.clean import remove_calibration_tokens

    model = _find_export(model, recipe, overrides or [])
    samples = remove_calibration_tokens(model)
    typer.echo(f"{model}: removed {samples} calibration samples from its config" if samples else f"{model}: is clean")


def untie(
    model: Annotated[Path | None, typer.Option(help="Folder of the merged or quantized model.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Or the export recipe, whose export_dir is used.")] = None,
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, as for llamafactory-cli.")] = None,
) -> None:
    """Set tie_word_embeddings to false if embedding and output head differ; LlamaFactory's merge leaves it true."""
    from shopbench_plugin.models.tied_embeddings import untie as untie_folder

    model = _find_export(model, recipe, overrides or [])
    typer.echo(
        f"{model}: set tie_word_embeddings to false" if untie_folder(model) else f"{model}: config.json is correct"
    )


def _find_export(model: Path | None, recipe: Path | None, overrides: list[str]) -> Path:
    from shopbench_plugin.core.errors import ShopBenchError
    from shopbench_plugin.llamafactory.checks.recipe import read_settings

    if recipe is not None:
        folder = read_settings(recipe, overrides).get("export_dir")
        if not folder:
            raise ShopBenchError(f"{recipe}: no 'export_dir'; pass --model")
        return Path(folder)
    if model is None:
        raise typer.BadParameter("pass --model or --recipe")
    return model


def check(
    quantized: Annotated[Path, typer.Option(help="Folder of the quantized model.")],
    merged: Annotated[Path, typer.Option(help="Folder of the model that was quantized.")],
    questions: Annotated[Path, typer.Option(help="JSONL of held-out rows: a converted dataset or a development set.")],
    base: Annotated[Path | None, typer.Option(help="The base model, to also check the merge; needs --adapter.")] = None,
    adapter: Annotated[Path | None, typer.Option(help="The adapter that was merged into the base.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Number of questions to ask.")] = 64,
    max_rise: Annotated[float, typer.Option(min=0, help="Maximum relative increase in perplexity.")] = 0.05,
    min_agreement: Annotated[float, typer.Option(min=0, max=1, help="Minimum share of identical answers.")] = 0.9,
    tensor_parallel_size: Annotated[int, typer.Option(min=1, help="Number of GPUs for vLLM.")] = 1,
) -> None:
    """Compare the quantized, the merged and the unmerged model on held-out questions; fail if quality drops too far."""
    from shopbench_plugin.core.errors import ShopBenchError
    from shopbench_plugin.engines.vllm_engine import VllmSettings
    from shopbench_plugin.quantization.check import ModelFolders, check_quantization
    from shopbench_plugin.quantization.held_out import read_held_out

    if (base is None) != (adapter is None):
        raise typer.BadParameter("pass --base and --adapter together")
    held_out = read_held_out(questions, limit)
    engine = VllmSettings(model=str(quantized), tensor_parallel_size=tensor_parallel_size)
    result = check_quantization(ModelFolders(quantized, merged, base, adapter), held_out, engine)
    rows = []
    for stage in result.stages:
        right = stage.agree([question.answer for question in held_out])
        alike = result.stages[-1].agree(stage.answers)
        rows.append([stage.name, f"{stage.perplexity:.4f}", f"{right:.1%}", f"{alike:.1%}"])
    rows.append(["quantized, in vLLM", "", "", f"{result.vllm_agreement:.1%}"])
    columns = ["model", "perplexity", "correct", "same as quantized"]
    print_summary(Table(f"{len(held_out)} held-out questions", columns, rows))
    losses = result.find_losses(max_rise, min_agreement)
    if losses:
        raise ShopBenchError(
            f"{quantized}: {'; '.join(losses)}; quantize with more calibration texts or serve {merged}"
        )

"""`shopbench untie`, `clean-quantized`, `check-quantized`: from LlamaFactory's exports to ones that can be served."""

from pathlib import Path
from typing import Annotated

import typer


def clean(
    model: Annotated[Path | None, typer.Option(help="Folder of the quantized model.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Or the export recipe, whose export_dir is meant.")] = None,
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, as given to llamafactory-cli.")] = None,
) -> None:
    """Take the calibration texts, which LlamaFactory's export leaves there, out of a quantized model's config.json."""
    from shopbench_plugin.quantization.clean import remove_calibration_tokens

    model = _find_export(model, recipe, overrides or [])
    samples = remove_calibration_tokens(model)
    typer.echo(f"{model}: removed {samples} calibration samples from its settings" if samples else f"{model}: is clean")


def untie(
    model: Annotated[Path | None, typer.Option(help="Folder of the merged or quantized model.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Or the export recipe, whose export_dir is meant.")] = None,
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, as given to llamafactory-cli.")] = None,
) -> None:
    """Set tie_word_embeddings to false where embedding and output head differ; LlamaFactory's merge leaves it true."""
    from shopbench_plugin.models.tied_embeddings import untie as untie_folder

    model = _find_export(model, recipe, overrides or [])
    typer.echo(
        f"{model}: set tie_word_embeddings to false" if untie_folder(model) else f"{model}: config.json is right"
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
    questions: Annotated[Path, typer.Option(help="JSONL of held-out rows: a converted set or a development set.")],
    base: Annotated[Path | None, typer.Option(help="The base model, to check the merge too; needs --adapter.")] = None,
    adapter: Annotated[Path | None, typer.Option(help="The adapter that was merged into the base.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many questions to ask.")] = 64,
    max_rise: Annotated[float, typer.Option(min=0, help="Largest rise of the perplexity, as a share of it.")] = 0.05,
    min_agreement: Annotated[float, typer.Option(min=0, max=1, help="Least share of the same answers.")] = 0.9,
    tensor_parallel_size: Annotated[int, typer.Option(min=1, help="GPUs over which vLLM splits the model.")] = 1,
) -> None:
    """Compare the quantized, the merged and the unmerged model on held-out questions; fail where too much is lost."""
    from rich.console import Console
    from rich.table import Table

    from shopbench_plugin.core.errors import ShopBenchError
    from shopbench_plugin.engines.vllm_engine import VllmSettings
    from shopbench_plugin.quantization.check import Limits, ModelFolders, check_quantization
    from shopbench_plugin.quantization.held_out import read_held_out

    if (base is None) != (adapter is None):
        raise typer.BadParameter("--base and --adapter go together")
    held_out = read_held_out(questions, limit)
    engine = VllmSettings(model=str(quantized), tensor_parallel_size=tensor_parallel_size)
    result = check_quantization(ModelFolders(quantized, merged, base, adapter), held_out, engine)
    table = Table("model", "perplexity", "right", "same as quantized", title=f"{len(held_out)} held-out questions")
    for stage in result.stages:
        right = stage.agree([question.answer for question in held_out])
        alike = result.stages[-1].agree(stage.answers)
        table.add_row(stage.name, f"{stage.perplexity:.4f}", f"{right:.1%}", f"{alike:.1%}")
    table.add_row("quantized, in vLLM", "", "", f"{result.vllm_agreement:.1%}")
    Console(markup=False).print(table)  # names come from datasets
    losses = result.find_losses(Limits(max_rise, min_agreement))
    if losses:
        raise ShopBenchError(
            f"{quantized}: {'; '.join(losses)}; quantize with more calibration texts or serve the merged"
        )

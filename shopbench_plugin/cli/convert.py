"""The commands that make training data: convert, inspect, calibrate."""

from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.cli.tables import print_summary
from shopbench_plugin.core.errors import ShopBenchError, make_printable
from shopbench_plugin.core.progress import show_progress

_MEGABYTE = 1e6
_SOURCE_HELP = (
    "A file (JSONL, JSON array, gzip of either, Parquet, CSV), a folder or zip archive (TASK/SETTING/SPLIT.json, or "
    "the output of save_to_disk), or a Hub ID."
)
_MIXED_HELP = "Repeat the option to mix sources, including general data (alpaca, ShareGPT)."
_SWAPS_HELP = "YAML file of instruction swaps; the paper's by default (converters/ecinstruct/swaps.yaml)."
_DEVELOPMENT_HELP = "ShopBench's development set (JSONL); the swaps use its wording instead of the project's own."


def convert(
    source: Annotated[list[str], typer.Option(help=f"{_SOURCE_HELP} {_MIXED_HELP}")],
    output_dir: Annotated[
        Path, typer.Option(help="Folder for NAME.jsonl and NAME.report.json; dataset_info.json is there or above.")
    ],
    name: Annotated[str, typer.Option(help="Dataset name to use in recipes.")] = "ecinstruct",
    development_set: Annotated[Path | None, typer.Option(help=_DEVELOPMENT_HELP)] = None,
    weight: Annotated[
        list[float] | None, typer.Option(help="Share of each --source in the converted rows, in the same order.")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(help="Number of rows to sample, before originals are added; the paper's set has 200,000."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    splits: Annotated[str, typer.Option(help="Splits to convert, comma-separated.")] = "train,val,test",
    settings: Annotated[
        str | None, typer.Option(help="ECInstruct settings to convert, comma-separated; all by default.")
    ] = None,
    originals: Annotated[
        bool, typer.Option("--originals/--no-originals", help="Also write each row in ECInstruct's own wording.")
    ] = True,
    keep_binary: Annotated[bool, typer.Option("--keep-binary", help="Keep the three yes/no tasks.")] = False,
    remove_repeats: Annotated[
        bool, typer.Option("--remove-repeats", help="Deduplicate: keep one row per sample across settings and splits.")
    ] = False,
    swaps: Annotated[Path | None, typer.Option(help=_SWAPS_HELP)] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Model folder; its tokenizer is used to count the rows over --cutoff-len.")
    ] = None,
    cutoff_len: Annotated[
        int | None, typer.Option(min=1, help="The recipe's cutoff_len, in tokens; 2048 by default.")
    ] = None,
    cut_to_fit: Annotated[
        bool, typer.Option("--cut-to-fit", help="Shorten rows over --cutoff-len in the middle of their passage.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail if a row can't be converted.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also replace files and entries that were not written by a conversion.")
    ] = False,
) -> None:
    """Convert ECInstruct, ShopBench questions or general data into a training dataset for LlamaFactory."""
    from converters.convert import convert as run_conversion
    from converters.ecinstruct.swaps import PAPER_SWAPS
    from converters.lengths import pair_lengths
    from converters.settings import ConversionSettings
    from converters.sources.opening import measure_sources
    from shopbench_plugin.cli.conversion_table import list_findings, make_table

    chosen = ConversionSettings(
        sources=tuple(source),
        weights=tuple(weight or ()),
        sample=sample,
        seed=seed,
        splits=parse_splits(splits),
        settings=tuple(value.strip() for value in settings.split(",")) if settings else (),
        join_originals=originals,
        keep_binary=keep_binary,
        remove_repeats=remove_repeats,
        development_set=development_set,
        swaps=swaps or PAPER_SWAPS,
        lengths=pair_lengths(tokenizer, cutoff_len, cut_to_fit=cut_to_fit),
        strict=strict,
        overwrite=overwrite,
    )
    size = measure_sources(source)
    total = None if size is None else size / _MEGABYTE
    with show_progress(f"converting {', '.join(source)}", total=total, unit="MB") as advance:
        report = run_conversion(chosen, output_dir, name, lambda read: advance(read / _MEGABYTE))
    print_summary(make_table(report), notes=list_findings(report, chosen))


def inspect(
    source: Annotated[str, typer.Option("--input", help=_SOURCE_HELP)],
    task: Annotated[str | None, typer.Option(help="Only show rows of this task.")] = None,
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="Number of rows.")] = 3,
    development_set: Annotated[Path | None, typer.Option(help=_DEVELOPMENT_HELP)] = None,
    swaps: Annotated[Path | None, typer.Option(help=_SWAPS_HELP)] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the swaps, as in convert.")] = 0,
) -> None:
    """Show a few rows before and after conversion."""
    from converters.ecinstruct.swaps import PAPER_SWAPS, load_rewritings
    from converters.inspection import inspect_rows
    from shopbench_plugin.ecinstruct.rows import Example, join_question

    rewritings = load_rewritings(swaps or PAPER_SWAPS, development_set)
    for one in inspect_rows(source, task, count, rewritings, seed):
        becomes = f"rejected: {one.after}"
        if isinstance(one.after, Example):
            becomes = f"{join_question(one.after)}\n--> {one.after.output}"
        typer.secho(make_printable(f"=== {one.place}  {one.row.task.name}"), bold=True)
        shown = f"{one.before}\n--> {one.row.output}\n--- becomes\n{becomes}\n"
        typer.echo(make_printable(shown, kept="\n\t\u00a0\u3000"))


def calibrate(
    data: Annotated[Path, typer.Option("--input", help="Dataset written by `shopbench convert`.")],
    output: Annotated[Path, typer.Option(help="The JSONL file to write, for export_quantization_dataset.")],
    tokenizer: Annotated[
        Path | None, typer.Option(help="Folder with the model's tokenizer.json; lengths are estimated without it.")
    ] = None,
    texts: Annotated[int, typer.Option(help="Number of texts to write.")] = 256,
    length: Annotated[
        int, typer.Option(help="Each text has more tokens than this; use export_quantization_maxlen or more.")
    ] = 1024,
    template: Annotated[
        str | None, typer.Option(help="Any LlamaFactory template; the tokenizer's own chat template by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
) -> None:
    """Write a GPTQ calibration file: dialogues of the training set in the template's markup, long enough to be used."""
    from converters.calibration import CalibrationSettings, write_calibration

    summary = write_calibration(CalibrationSettings(data, output, tokenizer, texts, length, template, seed))
    shortest = f", the shortest of {summary.shortest:,} tokens" if tokenizer else ""
    kinds = ", ".join(f"{rows} {kind}" for kind, rows in summary.task_types.items())
    typer.echo(f"{output}: {summary.texts} texts{shortest}, from {kinds} dialogues")


def parse_splits(text: str | None) -> tuple[str, ...]:
    """Return the splits that --splits names; empty if it isn't given.

    Raises:
        ShopBenchError: one of them is not a split.
    """
    from shopbench_plugin.ecinstruct.rows import RowError, parse_split

    try:
        return tuple(dict.fromkeys(parse_split(split) for split in text.split(","))) if text else ()
    except RowError as error:
        raise ShopBenchError(f"--splits: {error}") from error

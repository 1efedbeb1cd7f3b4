"""The commands that make training data: convert, inspect, calibrate."""

from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.errors import ShopBenchError, unknown_name


def convert(
    source: Annotated[
        list[str],
        typer.Option(help="File (JSONL, JSON array, gzip of either, Parquet), folder, or hub id. Repeat to mix."),
    ],
    output_dir: Annotated[
        Path, typer.Option(help="Folder for the data set, its report and, where none is above it, dataset_info.json.")
    ],
    name: Annotated[
        str, typer.Option(help="Name of the data set: the file's, and the one that a recipe gives.")
    ] = "ecinstruct_shopbench",
    development_set: Annotated[
        Path | None, typer.Option(help="ShopBench's development set (JSONL): the swaps take its wording.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="all; paper (200,000 rows of all splits); clean (train split, repeats removed).")
    ] = "all",
    weight: Annotated[list[float] | None, typer.Option(help="Share of each --source, in their order.")] = None,
    sample: Annotated[int | None, typer.Option(help="Draw this many rows before the originals join them.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 0,
    splits: Annotated[str | None, typer.Option(help="Splits to convert, separated by commas: train,val,test.")] = None,
    settings: Annotated[
        str | None, typer.Option(help="ECInstruct settings to convert, such as IND_Diverse_Instruction.")
    ] = None,
    originals: Annotated[bool, typer.Option(help="Join each row as ECInstruct states it.")] = True,
    keep_binary: Annotated[bool, typer.Option(help="Keep the three yes/no tasks.")] = False,
    remove_repeats: Annotated[bool | None, typer.Option(help="Leave one row of each sample.")] = None,
    swaps: Annotated[Path | None, typer.Option(help="YAML of instruction swaps, instead of the paper's.")] = None,
    strict: Annotated[bool, typer.Option(help="Fail when a row can't be converted.")] = False,
) -> None:
    """Turn ECInstruct, or questions in ShopBench's form, into a data set that LlamaFactory trains on."""
    from converters.ecinstruct.swaps import PAPER_SWAPS
    from converters.pipeline.run import convert as run_conversion
    from converters.pipeline.settings import PRESETS, ConversionSettings, Source
    from converters.rows import RowError, parse_split

    if preset not in PRESETS:
        raise unknown_name("preset", preset, PRESETS)
    values = PRESETS[preset]
    try:
        chosen = tuple(parse_split(split) for split in splits.split(",")) if splits else values.splits
    except RowError as error:
        raise ShopBenchError(f"--splits: {error}") from error
    weights: list[float] | list[None] = weight or [None] * len(source)
    if len(weights) != len(source):
        raise ShopBenchError("--weight: give one for every --source, in the same order, or none at all")
    report = run_conversion(
        ConversionSettings(
            sources=tuple(Source(one, share) for one, share in zip(source, weights, strict=True)),
            sample=sample if sample is not None else values.sample,
            seed=seed,
            splits=chosen,
            settings=tuple(settings.split(",")) if settings else (),
            join_originals=originals,
            keep_binary=keep_binary,
            remove_repeats=values.remove_repeats if remove_repeats is None else remove_repeats,
            development_set=development_set,
            swaps=swaps or PAPER_SWAPS,
            strict=strict,
        ),
        output_dir,
        name,
    )
    typer.echo(f"{report.output}: {report.written:,} lines")

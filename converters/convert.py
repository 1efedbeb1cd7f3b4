"""A conversion from beginning to end: blocks to workers, entries to the selection, lines to the dataset."""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile

import orjson

from converters.blocks import BlockResult, Step
from converters.dataset_info import check_entry, check_name, find_dataset_info, update_dataset_info
from converters.report import Report, make_report
from converters.sample import select, sort_lines
from converters.settings import ConversionSettings
from converters.sources.blocks import Block
from converters.sources.opening import read_source
from converters.workers import convert_blocks
from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.ecinstruct.tasks import SETTINGS
from shopbench_plugin.storage.files import write_atomically
from shopbench_plugin.storage.paths import check_places, list_model_files

Progress = Callable[[int], None]


def convert(settings: ConversionSettings, output_dir: Path, name: str, progress: Progress = lambda _: None) -> Report:
    """Convert to the dataset `output_dir`/`name`.jsonl, with its report and its entry in dataset_info.json.

    Args:
        settings: what to convert, and how.
        output_dir: a folder, made where it is missing.
        name: the dataset's name.
        progress: is called with the bytes read since the last call.

    Raises:
        ShopBenchError: a source, a setting or the disk is to blame, or a file is in the way that no conversion wrote;
            nothing is written then. Where only the entry can't be written, dataset and report stay without it.
    """
    check_name(name)
    output, report_file = output_dir / f"{name}.jsonl", output_dir / f"{name}.report.json"
    dataset_info = find_dataset_info(output_dir)
    _check_places(settings, output, report_file, dataset_info)
    check_entry(dataset_info, name, output, overwrite=settings.overwrite)
    blocks = _number_rows(convert_blocks(_read_blocks(settings.sources, progress), settings))
    _check_settings(settings.settings, blocks)
    selection = select(blocks, settings)
    report = make_report(settings, blocks, selection, output)
    _check_report(settings, report)
    with write_atomically(output) as data_set:
        data_set.writelines(sort_lines(selection.kept))
        data_set.flush()
        os.fsync(data_set.fileno())
        with write_atomically(report_file) as stream:  # it tells whose the dataset is, so it takes its place first
            stream.write(orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    update_dataset_info(dataset_info, name, output)
    return report


def _check_places(settings: ConversionSettings, output: Path, report_file: Path, dataset_info: Path) -> None:
    """Refuse places that can't be written or hold something else: folders, sources, files that no conversion wrote."""
    folder = next(place for place in (output.parent, *output.parent.absolute().parents) if place.exists())
    if not folder.is_dir():
        raise ShopBenchError(f"--output-dir {output.parent}: is a file; choose a folder")
    try:
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ShopBenchError(f"{output}: cannot be written ({error.strerror}); choose another --output-dir") from error
    tokenizer = list_model_files(settings.lengths.tokenizer) if settings.lengths else ()
    read = [*settings.sources, settings.development_set, settings.swaps, *tokenizer]
    check_places(read, [output, report_file, dataset_info])
    for file in (output, report_file):
        if not settings.overwrite and file.is_file() and file.stat().st_size and not _is_of(output, report_file):
            raise ShopBenchError(
                f"{file}: was not written by `shopbench convert`; choose another --name, or replace it with --overwrite"
            )


def _is_of(output: Path, report_file: Path) -> bool:
    """Tell whether the report is one that a conversion to `output` wrote."""
    try:
        report = orjson.loads(report_file.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(report, dict) and "rows" in report and Path(str(report.get("output"))).name == output.name


def _read_blocks(sources: Iterable[str], progress: Progress) -> Iterator[tuple[int, Block]]:
    for number, source in enumerate(sources):
        for block in read_source(source):
            yield number, block
            progress(block.size)


def _number_rows(results: Iterable[BlockResult]) -> list[BlockResult]:
    """Return all results, and tell each the number of its first row."""
    blocks: list[BlockResult] = []
    for result in results:
        if blocks and (result.source, result.file) == (blocks[-1].source, blocks[-1].file):
            result.first = blocks[-1].first + blocks[-1].rows
        blocks.append(result)
    return blocks


def _check_settings(wanted: Iterable[str], blocks: Iterable[BlockResult]) -> None:
    """Refuse a value that neither ECInstruct nor the rows have; only the rows tell what another dataset has."""
    known = {*SETTINGS, *chain.from_iterable(block.settings for block in blocks)} - {""}
    for name in wanted:
        if name not in known:
            raise ShopBenchError(f"--settings: {unknown_name('setting', name, known)}")


def _check_report(settings: ConversionSettings, report: Report) -> None:
    rows, first = report.rows, report.rejects[0] if report.rejects else None
    reject = f"{first.file}:{first.line}: {first.reason}" if first else ""
    if reject and settings.strict:
        raise ShopBenchError(f"{reject} ({rows[Step.REJECTED]:,} such rows; --strict allows none)")
    if rows[Step.CONVERTED]:
        return
    passed_over = rows[Step.OTHER_SPLIT] + rows[Step.OTHER_SETTING]
    why = f"; {passed_over:,} are of other --splits or --settings" if passed_over else ""
    why += f"; the first reject is {reject}" if reject else ""
    raise ShopBenchError(f"{settings.sources[0]}: no row is left to convert of {rows[Step.READ]:,} read{why}")

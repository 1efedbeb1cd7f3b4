"""A conversion from beginning to end: blocks to workers, entries to the selection, lines to the dataset."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from converters.blocks import BlockResult, Step
from converters.dataset_info import check_entry, check_name, find_dataset_info, update_dataset_info
from converters.report import Report, dump_report, make_report
from converters.settings import ConversionSettings
from converters.sources.blocks import Block
from converters.sources.opening import read_source
from converters.workers import convert_blocks
from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.ecinstruct.tasks import SETTINGS
from shopbench_plugin.storage.files import write_atomically
from shopbench_plugin.storage.paths import check_places, list_model_files


def convert(
    settings: ConversionSettings, output_dir: Path, name: str, progress: Callable[[int], None] = lambda _: None
) -> Report:
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
    check_entry(dataset_info, name, output, overwrite=settings.overwrite)  # before the work, not after it
    with _made_folder(output_dir), write_atomically(output) as data_set:
        blocks = _collect(convert_blocks(_read_blocks(settings), settings, progress))
        _check_settings(settings.settings, blocks)

        from converters.sample import Entries  # with NumPy, once the processes that need none have started

        entries = Entries(blocks)
        selection = entries.select(settings)
        report = make_report(settings, blocks, selection, output)
        _check_report(report)
        data_set.writelines(entries.list_lines(selection.kept))
        data_set.flush()
        os.fsync(data_set.fileno())
        with write_atomically(report_file) as stream:  # it tells whose the dataset is, so it takes its place first
            stream.write(dump_report(report))
    if update_dataset_info(dataset_info, name, output):
        report.entered = dataset_info
    return report


def _check_places(settings: ConversionSettings, output: Path, report_file: Path, dataset_info: Path) -> None:
    """Refuse places that hold something else: folders, sources, files that no conversion wrote."""
    if output.parent.exists() and not output.parent.is_dir():
        raise ShopBenchError(f"--output-dir {output.parent}: is a file; choose a folder")
    for file in (output, report_file):
        if file.is_dir():
            raise ShopBenchError(f"{file}: is a folder; choose another --name or --output-dir")
    sources = [source.name for source in settings.sources]
    tokenizer = settings.lengths.tokenizer if settings.lengths else None
    check_places(
        [*sources, settings.development_set, settings.swaps, *(list_model_files(tokenizer) if tokenizer else ())],
        [output, report_file, dataset_info],
    )
    for file in (output, report_file):
        if not settings.overwrite and file.is_file() and file.stat().st_size and not _is_of(output, report_file):
            raise ShopBenchError(
                f"{file}: was not written by `shopbench convert`; choose another --name, or replace it with --overwrite"
            )


def _is_of(output: Path, report_file: Path) -> bool:
    """Tell whether the report is one that a conversion to `output` wrote."""
    try:
        report = json.loads(report_file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(report, dict) and "rows" in report and Path(str(report.get("output"))).name == output.name


@contextmanager
def _made_folder(folder: Path) -> Iterator[None]:
    """Make a folder; where nothing is written to it, those that had to be made are removed again."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ShopBenchError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    finally:
        with suppress(OSError):  # the first that is not empty ends it
            for place in missing:
                place.rmdir()


def _read_blocks(settings: ConversionSettings) -> Iterator[tuple[int, Block]]:
    for number, source in enumerate(settings.sources):
        for block in read_source(source.name):
            yield number, block


def _collect(results: Iterable[BlockResult]) -> list[BlockResult]:
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


def _check_report(report: Report) -> None:
    rejected = report.total(Step.REJECTED)
    first = report.rejects[0] if report.rejects else None
    if first and report.settings.strict:
        raise ShopBenchError(
            f"{first.file}:{first.line}: {first.reason} ({rejected:,} such rows; --strict allows none)"
        )
    if not report.total(Step.CONVERTED):
        sources, empty = report.settings.sources, report.selection.empty_pools
        if 0 < len(empty) < len(sources):
            raise ShopBenchError(
                f"{sources[empty[0]].name}: no row of it is left to convert (none was fit, or all repeat another "
                "source's), so the weights leave none of the others either; fix it, leave it out, or pass --sample"
            )
        passed_over = report.total(Step.OTHER_SPLIT) + report.total(Step.OTHER_SETTING)
        why = f"; {passed_over:,} are of other --splits or --settings" if passed_over else ""
        why += f"; the first reject is {first.file}:{first.line}: {first.reason}" if first else ""
        raise ShopBenchError(
            f"{report.settings.sources[0].name}: no row is left to convert of {report.total(Step.READ):,} read{why}"
        )

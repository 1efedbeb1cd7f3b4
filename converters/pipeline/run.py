"""A conversion from beginning to end: blocks to workers, index to selection, spool to the data set."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from converters.pipeline.dataset_info import check_name, find_dataset_info, read_dataset_info, update_dataset_info
from converters.pipeline.index import INDEX_BITS
from converters.pipeline.report import Report, dump_report, make_report
from converters.pipeline.settings import ConversionSettings
from converters.pipeline.spool import read_bucket
from converters.pipeline.work import INDEX, BlockResult, Step
from converters.pipeline.workers import Workers
from converters.sources.blocks import Block
from converters.sources.opening import read_source
from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.ecinstruct.tasks import SETTINGS
from shopbench_plugin.storage.files import write_atomically
from shopbench_plugin.storage.temporaries import open_temporary_folder

if TYPE_CHECKING:
    from converters.pipeline.selection import RowSelection

Progress = Callable[[int], None]


def convert(settings: ConversionSettings, output_dir: Path, name: str, progress: Progress = lambda _: None) -> Report:
    """Convert to the data set `output_dir`/`name`.jsonl, with its report and its entry in dataset_info.json.

    Args:
        settings: what to convert, and how.
        output_dir: a folder, made where it is missing.
        name: the data set's name.
        progress: is called with the bytes read since the last call.

    Raises:
        ShopBenchError: a source, a setting or the disk is to blame; nothing is written then. Where only the entry
            can't be written, data set and report stay without it.
    """
    check_name(name)
    if output_dir.exists() and not output_dir.is_dir():
        raise ShopBenchError(f"--output-dir {output_dir}: is a file; name a folder")
    output, report_file = output_dir / f"{name}.jsonl", output_dir / f"{name}.report.json"
    for file in (output, report_file):
        if file.is_dir():
            raise ShopBenchError(f"{file}: is a folder; give another --name or --output-dir")
    _check_sources(settings, output)
    dataset_info = find_dataset_info(output_dir)
    read_dataset_info(dataset_info)  # a broken one is found before the work, not after it
    with _spool_folder(output) as folder, Workers(settings, folder) as workers:
        blocks = _collect(workers.convert(_read_blocks(settings), progress))
        _check_settings(settings.settings, blocks)
        selection = _select(settings, blocks, folder)
        report = make_report(settings, blocks, selection, output)
        _check(report)
        with write_atomically(report_file) as stream:  # it takes its place after the data set, and has its room before
            stream.write(dump_report(report))
            stream.flush()
            with write_atomically(output) as data_set:
                workers.write(selection.kept, Path(data_set.name))
    update_dataset_info(dataset_info, name, output)
    return report


def _check_sources(settings: ConversionSettings, output: Path) -> None:
    """Refuse to write over a source, or into a folder that is one: the next run would read what this one wrote."""
    target = output.resolve()
    for source in settings.sources:
        path = Path(source.name).resolve()
        if path == target:
            raise ShopBenchError(f"{source.name}: is the source, and would be written over; give another --name")
        if path.is_dir() and target.is_relative_to(path):
            raise ShopBenchError(
                f"{output}: lies in the source folder {source.name}, which is read whole; give another --output-dir"
            )


@contextmanager
def _spool_folder(output: Path) -> Iterator[Path]:
    """Open a folder for what waits on disk: beside the output, which has room for it, where /tmp may be memory.

    Folders that have to be made for it are removed again where nothing is written to them. What a killed conversion to
    the same output left is removed.
    """
    output_dir = output.parent
    missing = [place for place in (output_dir, *output_dir.parents) if not place.exists()]
    try:
        output_dir.mkdir(parents=True, exist_ok=True)
        handle, folder = open_temporary_folder(output)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)
    except OSError as error:
        raise ShopBenchError(
            f"{output_dir}: cannot be written ({error.strerror}); make room or choose another folder"
        ) from error
    finally:
        with suppress(OSError):  # the first that is not empty ends it
            for place in missing:
                place.rmdir()


def _read_blocks(settings: ConversionSettings) -> Iterator[tuple[int, Block]]:
    for number, source in enumerate(settings.sources):
        for block in read_source(source.name):
            yield number, block


def _collect(results: Iterable[BlockResult]) -> list[BlockResult]:
    """Return all results, and tell each the number of its first row.

    NumPy is loaded while the other processes work, which started without it.
    """
    blocks: list[BlockResult] = []
    for result in results:
        if not blocks:
            import converters.pipeline.selection  # noqa: F401 - kept for the selection
        elif (result.source, result.file) == (blocks[-1].source, blocks[-1].file):
            result.first = blocks[-1].first + blocks[-1].rows
        blocks.append(result)
    return blocks


def _check_settings(wanted: Iterable[str], blocks: Iterable[BlockResult]) -> None:
    """Refuse a value that neither ECInstruct nor the rows have; only the rows tell what another data set has."""
    known = {*SETTINGS, *chain.from_iterable(block.settings for block in blocks)} - {""}
    for name in wanted:
        if name not in known:
            raise ShopBenchError(f"--settings: {unknown_name('setting', name, known)}")


def _select(settings: ConversionSettings, blocks: list[BlockResult], folder: Path) -> "RowSelection":
    from converters.pipeline.selection import Selector

    selector = Selector(settings, blocks)
    survivors = [folder / f"survivors.{number:03}" for number in range(1 << INDEX_BITS)]
    for number, path in enumerate(survivors):
        path.write_bytes(selector.count(read_bucket(folder, INDEX, number)))
    return selector.choose(path.read_bytes() for path in survivors)


def _check(report: Report) -> None:
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
                "source's), so the weights leave none of the others either; mend it, leave it out, or give --sample"
            )
        passed_over = report.total(Step.OTHER_SPLIT) + report.total(Step.OTHER_SETTING)
        why = f"; {passed_over:,} are of other --splits or --settings" if passed_over else ""
        why += f"; the first reject is {first.file}:{first.line}: {first.reason}" if first else ""
        raise ShopBenchError(
            f"{report.settings.sources[0].name}: no row is left to convert of {report.total(Step.READ):,} read{why}"
        )

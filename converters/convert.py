"""A whole conversion: blocks go to workers, their rows into a table, the lines of those kept to the dataset."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile

from converters.dataset_info import check_entry, check_name, find_dataset_info, update_dataset_info
from converters.report import Report, make_report
from converters.sample import Step, Table, join_parts, select, sort_lines, take
from converters.settings import ConversionSettings
from converters.sources.blocks import Block
from converters.sources.opening import read_source
from converters.workers import convert_blocks
from shopbench_plugin.core.errors import ShopBenchError, explain_os_error, unknown_name
from shopbench_plugin.ecinstruct.tasks import SETTINGS
from shopbench_plugin.storage.files import digest_file, read_note, write_atomically, write_json_file
from shopbench_plugin.storage.paths import check_places, list_model_files

Progress = Callable[[int], None]


def convert(settings: ConversionSettings, output_dir: Path, name: str, progress: Progress = lambda _: None) -> Report:
    """Write the dataset `output_dir`/`name`.jsonl, its report and its entry in dataset_info.json.

    Args:
        settings: what to convert, and how.
        output_dir: a folder, created if it is missing.
        name: the dataset's name.
        progress: called with the number of bytes read since the last call.

    Raises:
        ShopBenchError: a source or setting is invalid, the disk fails, or the output exists and no conversion wrote
            it; then nothing is written. If only the entry can't be written, dataset and report are kept.
    """
    check_name(name)
    output, report_file = output_dir / f"{name}.jsonl", output_dir / f"{name}.report.json"
    dataset_info = find_dataset_info(output_dir)
    _check_places(settings, output, report_file, dataset_info)
    before = digest_file(output) if output.is_file() else ""
    if not settings.overwrite:
        _check_owner(output, report_file, before)
    check_entry(dataset_info, name, output, overwrite=settings.overwrite)
    table = join_parts(convert_blocks(_read_blocks(settings.sources, progress), settings))
    _check_settings(settings.settings, table)
    repeats = select(table, settings)
    kept = take(table, table["step"] == Step.CONVERTED)
    report = make_report(settings, table, kept, repeats, output)
    _check_report(settings, report)
    with write_atomically(output) as dataset:
        digest = hashlib.sha256()
        for piece in sort_lines(kept):
            digest.update(piece)
            dataset.write(piece)
        dataset.flush()
        os.fsync(dataset.fileno())
        made = digest.hexdigest()
        report = replace(report, digest=made, replaced="" if before == made else before)
        write_json_file(report_file, report)  # it identifies the dataset's owner, so it is put in place first
    update_dataset_info(dataset_info, name, output)
    return report


def _check_places(settings: ConversionSettings, output: Path, report_file: Path, dataset_info: Path) -> None:
    """Reject paths that can't be written or are already used: folders and sources."""
    folder = next(place for place in (output.parent, *output.parent.absolute().parents) if place.exists())
    if not folder.is_dir():
        raise ShopBenchError(f"--output-dir {output.parent}: is a file; choose a folder")
    with explain_os_error(output, "written", "choose another --output-dir"):
        TemporaryFile(dir=folder).close()
    tokenizer = list_model_files(settings.lengths.tokenizer) if settings.lengths else ()
    read = [*settings.sources, settings.development_set, settings.swaps, *tokenizer]
    check_places(read, [output, report_file, dataset_info])


def _check_owner(output: Path, report_file: Path, digest: str) -> None:
    """Reject a dataset or report that no conversion wrote, and a dataset whose `digest` is not what one wrote."""
    report = read_note(report_file)
    is_own = "rows" in report and Path(str(report.get("output"))).name == output.name
    written = [report[name] for name in ("digest", "replaced") if report.get(name)] if is_own else []
    advice = "choose another --name, or replace it with --overwrite"
    for file in (output, report_file):
        if not (file.is_file() and file.stat().st_size):
            continue
        if not is_own:
            raise ShopBenchError(f"{file}: was not written by `shopbench convert`; {advice}")
        if file == output and written and digest not in written:
            raise ShopBenchError(f"{file}: was changed after `shopbench convert` wrote it; {advice}")


def _read_blocks(sources: Iterable[str], progress: Progress) -> Iterator[tuple[int, Block]]:
    for number, source in enumerate(sources):
        for block in read_source(source):
            yield number, block
            progress(block.size)


def _check_settings(wanted: Iterable[str], table: Table) -> None:
    """Reject a value that occurs neither in ECInstruct nor in the rows, which may be from another dataset."""
    known = {*SETTINGS, *table["setting"]} - {""}
    for name in wanted:
        if name not in known:
            raise ShopBenchError(f"--settings: {unknown_name('setting', name, known)}")


def _check_report(settings: ConversionSettings, report: Report) -> None:
    rows, first = report.rows, report.rejects[0] if report.rejects else None
    reject = "{file}:{line}: {reason}".format_map(first) if first else ""
    if reject and settings.strict:
        raise ShopBenchError(f"{reject} (invalid rows: {rows[Step.REJECTED]:,}; --strict allows none)")
    if rows[Step.CONVERTED]:
        return
    unselected = rows[Step.OTHER_SPLIT] + rows[Step.OTHER_SETTING]
    why = f"; {unselected:,} belong to other --splits or --settings" if unselected else ""
    why += f"; the first reject is {reject}" if reject else ""
    raise ShopBenchError(f"{settings.sources[0]}: none of the {rows[Step.READ]:,} rows read can be converted{why}")

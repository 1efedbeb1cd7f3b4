"""The processes that share a conversion: small sources stay in this one, large ones go to a second and a third."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from itertools import accumulate, chain, islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from converters.ecinstruct.swaps import load_rewritings
from converters.pipeline.examples import BUCKETS, measure_bucket, write_bucket
from converters.pipeline.settings import ConversionSettings
from converters.pipeline.work import LISTED_REJECTS, BlockConverter, BlockResult
from converters.sources.blocks import Block
from shopbench_plugin.core.errors import ShopBenchError

if TYPE_CHECKING:
    from converters.pipeline.selection import Kept

T = TypeVar("T")

# More processes than this would not stay within the memory that is promised.
MOST_PROCESSES = 2
# Starting processes takes longer than converting this many blocks.
_BLOCKS_ALONE = 4
# Enough for the others to go on while the first process is busy.
_TASKS_AHEAD = 8
_STRETCHES = 16
_BUCKETS_PER_STRETCH = BUCKETS // _STRETCHES
_WRITTEN_BYTES = 1 << 20
# Rows leave next to nothing to collect; looking for it as often as Python does takes 4 % of the time.
_ALLOCATIONS_BETWEEN_COLLECTIONS = 100_000

_converter: BlockConverter | None = None


class Workers(AbstractContextManager["Workers"]):
    """Runs the heavy steps of a conversion, in this process at first, in others once there is enough to do."""

    def __init__(self, settings: ConversionSettings, folder: Path) -> None:
        """Work for `settings`, with `folder` for what waits on disk."""
        self._settings = settings
        self._folder = folder
        self._pool: ProcessPoolExecutor | None = None

    def convert(self, blocks: Iterable[tuple[int, Block]], progress: Callable[[int], None]) -> Iterator[BlockResult]:
        """Convert and spool (source number, block) pairs; yield what became of them, in their order.

        Raises:
            ShopBenchError: a source can't be read.
            OSError: the spool can't be written.
        """
        _prepare(self._settings, self._folder)
        rest = iter(blocks)
        first = list(islice(rest, _BLOCKS_ALONE + 1))
        if len(first) > _BLOCKS_ALONE:
            self._start_pool()
        sizes: deque[int] = deque()

        def start() -> Iterator[Callable[[], BlockResult]]:
            for number, (source, block) in enumerate(chain(first, rest)):
                sizes.append(block.size)
                yield self._submit(_convert_block, block, number, source)

        listed = 0
        for result in _run_ahead(start()):
            del result.rejects[LISTED_REJECTS - listed :]  # all are counted, but a report lists no million of them
            listed += len(result.rejects)
            progress(sizes.popleft())
            yield result

    def write(self, kept: "Kept | None", output: Path) -> None:
        """Write the kept lines in their final order to `output`, an empty file; each process has stretches of it.

        Raises:
            OSError: the disk is full.
        """
        starts = range(0, BUCKETS, _BUCKETS_PER_STRETCH)
        folder = self._folder
        sizes = list(_run_ahead(self._submit(_measure_stretch, folder, start, kept) for start in starts))
        stretches = zip(starts, accumulate(sizes[:-1], initial=0), strict=True)
        written = _run_ahead(self._submit(_write_stretch, folder, start, kept, output, at) for start, at in stretches)
        deque(written, maxlen=0)

    def _submit(self, function: Callable[..., T], *arguments: object) -> Callable[[], T]:
        if self._pool is None:
            result = function(*arguments)
            return lambda: result
        future: Future[T] = self._pool.submit(function, *arguments)
        return lambda: _await(future)

    def _start_pool(self) -> None:
        processes = min(os.cpu_count() or 1, MOST_PROCESSES)
        if processes > 1:
            context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
            arguments = (self._settings, self._folder)
            self._pool = ProcessPoolExecutor(processes, context, initializer=_prepare_process, initargs=arguments)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        if _converter is not None:
            _converter.close()


def _run_ahead(tasks: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Yield the tasks' results in order, with a few tasks more in work than are waited for."""
    waiting: deque[Callable[[], T]] = deque()
    for task in tasks:
        waiting.append(task)
        if len(waiting) > _TASKS_AHEAD:
            yield waiting.popleft()()
    while waiting:
        yield waiting.popleft()()


def _await(future: Future[T]) -> T:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise ShopBenchError("a worker process was killed, most likely for want of memory; run it again") from error


def _prepare_process(settings: ConversionSettings, folder: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the first process's to report
    threading.Thread(target=_end_with_first_process, daemon=True).start()
    gc.freeze()  # what was imported stays
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    _prepare(settings, folder)


def _end_with_first_process() -> None:
    """End this process where the first one is killed alone, for want of memory perhaps: nobody else would end it."""
    first = multiprocessing.parent_process()
    if first is not None:
        first.join()
        os._exit(1)


def _prepare(settings: ConversionSettings, folder: Path) -> None:
    global _converter  # noqa: PLW0603 - a process of the pool keeps its converter from block to block
    _converter = BlockConverter(settings, load_rewritings(settings.swaps, settings.development_set), folder)


def _convert_block(block: Block, number: int, source: int) -> BlockResult:
    if _converter is None:
        raise RuntimeError("no converter: _prepare has to run first")
    return _converter.convert(block, number, source)


def _measure_stretch(folder: Path, first: int, kept: "Kept | None") -> int:
    return sum(measure_bucket(folder, number, kept) for number in range(first, first + _BUCKETS_PER_STRETCH))


def _write_stretch(folder: Path, first: int, kept: "Kept | None", output: Path, offset: int) -> None:
    handle = os.open(output, os.O_WRONLY)
    with os.fdopen(handle, "wb", buffering=_WRITTEN_BYTES) as stream:
        stream.seek(offset)
        for number in range(first, first + _BUCKETS_PER_STRETCH):
            write_bucket(folder, number, kept, stream)
        stream.flush()
        if hasattr(os, "posix_fadvise"):  # the disk begins now, not when all is written and waited for
            os.posix_fadvise(handle, offset, stream.tell() - offset, os.POSIX_FADV_DONTNEED)

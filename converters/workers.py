"""The processes that convert: small sources stay in this one, large ones go to several more, block by block."""

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
from itertools import chain, islice

from converters.blocks import BlockConverter, BlockResult
from converters.ecinstruct.swaps import load_rewritings
from converters.forms.form import Form
from converters.forms.registry import list_forms
from converters.settings import ConversionSettings
from converters.sources.blocks import Block
from shopbench_plugin.core.errors import ShopBenchError

PROCESSES = min(os.cpu_count() or 1, 4)
"""More would wait for the one that collects what they convert."""

# Starting processes takes longer than converting this many blocks.
_BLOCKS_ALONE = 4
_BLOCKS_AHEAD = 2 * PROCESSES
# Rows leave next to nothing to collect; looking for it as often as Python does takes 4 % of the time.
_ALLOCATIONS_BETWEEN_COLLECTIONS = 100_000

_converter: BlockConverter | None = None


def convert_blocks(
    blocks: Iterable[tuple[int, Block]], settings: ConversionSettings, progress: Callable[[int], None]
) -> Iterator[BlockResult]:
    """Convert (source number, block) pairs, and yield what became of them in their order.

    Args:
        blocks: the blocks of all sources.
        settings: what to convert, and how.
        progress: is called with the bytes read since the last call.

    Raises:
        ShopBenchError: a source can't be read, or a process was killed.
    """
    rest = iter(blocks)
    first = list(islice(rest, _BLOCKS_ALONE + 1))
    is_small = len(first) <= _BLOCKS_ALONE or PROCESSES == 1
    convert = _convert_here if is_small else _convert_in_processes
    for block, result in convert(chain(first, rest), settings):
        progress(block.size)
        yield result


def _convert_here(
    blocks: Iterable[tuple[int, Block]], settings: ConversionSettings
) -> Iterator[tuple[Block, BlockResult]]:
    converter = _make_converter(settings, list_forms())
    for source, block in blocks:
        yield block, converter.convert(block, source)


def _convert_in_processes(
    blocks: Iterable[tuple[int, Block]], settings: ConversionSettings
) -> Iterator[tuple[Block, BlockResult]]:
    """Convert some blocks more than are waited for, so that no process waits for another."""
    _make_converter(settings, ())  # a mistake in the settings is found here, not by each process
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    arguments = (settings, list_forms())
    waiting: deque[tuple[Block, Future[BlockResult]]] = deque()
    with ProcessPoolExecutor(PROCESSES, context, initializer=_prepare_process, initargs=arguments) as pool:
        try:
            for source, block in blocks:
                waiting.append((block, pool.submit(_convert_block, block, source)))
                if len(waiting) > _BLOCKS_AHEAD:
                    yield _await(*waiting.popleft())
            while waiting:
                yield _await(*waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)


def _await(block: Block, future: Future[BlockResult]) -> tuple[Block, BlockResult]:
    try:
        return block, future.result()
    except BrokenProcessPool as error:
        raise ShopBenchError("a worker process was killed, most likely for lack of memory; run it again") from error


def _prepare_process(settings: ConversionSettings, forms: tuple[Form, ...]) -> None:
    global _converter  # noqa: PLW0603 - a process of the pool keeps its converter from block to block
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the first process's to report
    threading.Thread(target=_end_with_first_process, daemon=True).start()
    gc.freeze()  # what was imported stays
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    _converter = _make_converter(settings, forms)


def _end_with_first_process() -> None:
    """End this process where the first one is killed alone, for lack of memory perhaps: nobody else would end it."""
    first = multiprocessing.parent_process()
    if first is not None:
        first.join()
        os._exit(1)


def _make_converter(settings: ConversionSettings, forms: tuple[Form, ...]) -> BlockConverter:
    return BlockConverter(settings, load_rewritings(settings.swaps, settings.development_set), forms)


def _convert_block(block: Block, source: int) -> BlockResult:
    if _converter is None:
        raise RuntimeError("no converter: _prepare_process has to run first")
    return _converter.convert(block, source)

"""The processes that convert: this one for small sources, several workers for large ones, block by block."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice

from converters.blocks import BlockConverter
from converters.forms.form import Form
from converters.forms.registry import list_forms
from converters.sample import Part
from converters.settings import ConversionSettings
from converters.sources.blocks import Block
from shopbench_plugin.core.errors import ShopBenchError

PROCESSES = min(os.cpu_count() or 1, 4)
"""More would wait for the process that collects their results."""

# Starting processes takes longer than converting this many blocks.
_BLOCKS_ALONE = 4
_BLOCKS_AHEAD = 2 * PROCESSES

_converter: BlockConverter  # of this process, from block to block


def convert_blocks(blocks: Iterable[tuple[int, Block]], settings: ConversionSettings) -> Iterator[Part]:
    """Convert (source number, block) pairs, and yield the results in order.

    Raises:
        ShopBenchError: a source or a file named in the settings can't be read, or a process was killed.
    """
    forms = list_forms()
    converter = BlockConverter(settings, forms)  # finds mistakes in the settings once, before the workers start
    blocks = iter(blocks)
    first = list(islice(blocks, _BLOCKS_ALONE + 1))
    if len(first) <= _BLOCKS_ALONE or PROCESSES == 1:
        return (converter.convert(*block) for block in chain(first, blocks))
    return _convert_in_processes(chain(first, blocks), settings, forms)


def _convert_in_processes(
    blocks: Iterable[tuple[int, Block]], settings: ConversionSettings, forms: tuple[Form, ...]
) -> Iterator[Part]:
    """Submit a few blocks ahead of the one being awaited, so that no worker is idle."""
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    waiting: deque[Future[Part]] = deque()
    with ProcessPoolExecutor(PROCESSES, context, initializer=_prepare_process, initargs=(settings, forms)) as pool:
        try:
            for block in blocks:
                waiting.append(pool.submit(_convert_block, *block))
                if len(waiting) > _BLOCKS_AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise ShopBenchError("a worker process was killed, probably out of memory; run again") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _prepare_process(settings: ConversionSettings, forms: tuple[Form, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process reports an interrupt
    threading.Thread(target=_end_with_first_process, daemon=True).start()
    gc.disable()  # rows create no reference cycles
    global _converter  # noqa: PLW0603 - a function sent to a process can't carry it along
    _converter = BlockConverter(settings, forms)


def _end_with_first_process() -> None:
    """End this process when the parent is killed (out of memory, for example): otherwise it would keep running."""
    first = multiprocessing.parent_process()
    if first is not None:
        first.join()
        os._exit(1)


def _convert_block(source: int, block: Block) -> Part:
    return _converter.convert(source, block)

"""Progress of long work: a bar on a terminal, a line every 30 seconds in a pipe or a log file."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

_SECONDS_BETWEEN_DRAWINGS = 0.1
_SECONDS_BETWEEN_LINES = 30.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Progress:
    """The progress of some work.

    Attributes:
        doing: the work, as a participle with its object: "answering questions.jsonl".
        total: the number of units; None if unknown.
        unit: what is counted, in the plural.
        done: units finished.
        started: start of the work on the monotonic clock, in seconds.
    """

    doing: str
    total: float | None
    unit: str
    done: float = 0
    started: float = field(default_factory=time.monotonic)

    def describe(self, now: float) -> str:
        """Return the units done, the rate and the time left at `now`, such as `3 of 9 rows, 1.5/s, 0:04 left`."""
        of = "" if self.total is None else f" of {self.total:,.0f}"
        text = f"{self.done:,.0f}{of} {self.unit}"
        if not self.done or now <= self.started:
            return text
        rate = self.done / (now - self.started)
        text += f", {rate:,.1f}/s" if rate >= 1 else f", {60 * rate:.1f}/min"
        if self.total is not None:
            minutes, seconds = divmod(round(max(0, self.total - self.done) / rate), 60)
            text += f", {minutes}:{seconds:02} left"
        return text


@contextmanager
def show_progress(doing: str, *, total: float | None, unit: str) -> Iterator[Callable[[float], None]]:
    """Show what is being done, and yield a function to call with the units finished since its last call.

    No other thread draws, so the block can fork processes.

    Args:
        doing: the work, as a participle with its object.
        total: the number of units; None if unknown.
        unit: what is counted, in the plural.
    """
    from rich.console import Console

    progress = Progress(doing, total, unit)
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Every(_SECONDS_BETWEEN_LINES, progress, lambda text: _log.info("%s: %s", doing, text))
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn(doing, markup=False), BarColumn(), TextColumn("{task.description}", markup=False))
    with Bars(*columns, console=console, auto_refresh=False) as bars:
        bar = bars.add_task(progress.describe(progress.started), total=total)
        bars.refresh()

        def draw(text: str) -> None:
            bars.update(bar, completed=progress.done, description=text, refresh=True)

        yield _Every(_SECONDS_BETWEEN_DRAWINGS, progress, draw)
        draw(progress.describe(time.monotonic()))


@dataclass(slots=True)
class _Every:
    """Counts finished units, and shows them at most once per interval."""

    seconds: float
    progress: Progress
    show: Callable[[str], None]
    shown: float = field(default_factory=time.monotonic)

    def __call__(self, units: float) -> None:
        self.progress.done += units
        now = time.monotonic()
        if now - self.shown >= self.seconds:
            self.shown = now
            self.show(self.progress.describe(now))


def announce(doing: str) -> None:
    """Print immediately, as one line on a command's standard error, what a step does that can take seconds."""
    _log.info("%s", doing)


def track(items: Iterable[T], *, doing: str, total: int | None, unit: str) -> Iterator[T]:
    """Yield `items`, one at a time, and show how many are done; see `show_progress`."""
    with show_progress(doing, total=total, unit=unit) as advance:
        for item in items:
            yield item
            advance(1)

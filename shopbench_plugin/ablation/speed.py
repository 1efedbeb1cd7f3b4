"""Questions per second of a run, without the model's loading, with a confidence interval."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, sqrt
from pathlib import Path
from statistics import NormalDist

from pydantic import TypeAdapter, ValidationError

from shopbench_plugin.engines.interface import Completion, Prompt
from shopbench_plugin.engines.lazy import LazyEngine, LoadEngine
from shopbench_plugin.engines.settings import EngineSettings
from shopbench_plugin.scoring.records import Interval
from shopbench_plugin.storage.files import name_beside, write_json_file

BATCH_SIZE = 8
_FEWEST_BATCHES = 2
_TIMES = "times.json"


@dataclass(frozen=True, slots=True)
class BatchTimes:
    """How long the batches of a run took; stored next to its output.

    Attributes:
        run: the run's fingerprint.
        seconds: of each batch of `BATCH_SIZE` questions, in the order in which they ran.
    """

    run: str
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Speed:
    """Questions per second.

    Attributes:
        rate: over all timed batches.
        interval: for other questions of the same kind on the same machine under the same load.
    """

    rate: float
    interval: Interval


class TimedEngine(LazyEngine):
    """An engine that receives questions in batches, as in the competition, and records the time of each batch.

    The first batch isn't timed. It has questions from all parts of the run, and those that don't fill a batch: what an
    engine sets up at its first answers of a kind counts as loading, and in a long run the demonstrations are in the
    prefix cache for nearly all questions.

    Every run needs a new engine: one that has seen the same prompts in another run has them in its cache and seems up
    to twice as fast.
    """

    def __init__(self, settings: EngineSettings, load: LoadEngine) -> None:
        """Store the settings; nothing is loaded or timed yet."""
        super().__init__(settings, load)
        self.batch_seconds: list[float] = []

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        """Yield (index into `prompts`, completion) for every prompt, batch after batch."""
        first, batches = split_batches(len(prompts))
        yield from self._complete_batch(first, prompts, deadline)
        for batch in batches:
            started = time.perf_counter()
            yield from self._complete_batch(batch, prompts, deadline)
            self.batch_seconds.append(time.perf_counter() - started)

    def _complete_batch(
        self, batch: Sequence[int], prompts: Sequence[Prompt], deadline: float | None
    ) -> Iterator[tuple[int, Completion]]:
        for place, completion in self._engine.complete([prompts[index] for index in batch], deadline):
            yield batch[place], completion


def split_batches(count: int) -> tuple[list[int], list[list[int]]]:
    """Return the indices of the first batch, spread evenly over `count` prompts, and the full batches of the others."""
    size = min(count, BATCH_SIZE + count % BATCH_SIZE)
    first = [place * count // size for place in range(size)]
    others = sorted(set(range(count)) - set(first))
    return first, [others[start : start + BATCH_SIZE] for start in range(0, len(others), BATCH_SIZE)]


def find_times(output: Path) -> Path:
    """Return the file next to a run's output with its times."""
    return name_beside(output, _TIMES)


def write_times(output: Path, times: BatchTimes) -> None:
    """Write the times next to a run's output."""
    write_json_file(find_times(output), times)


def read_times(output: Path, run: str) -> BatchTimes | None:
    """Return the times next to a run's output; None if there are none, too few, or another run's."""
    try:
        times = TypeAdapter(BatchTimes).validate_json(find_times(output).read_bytes())
    except (OSError, ValidationError):
        return None
    return times if times.run == run and len(times.seconds) >= _FEWEST_BATCHES else None


def measure_speed(times: BatchTimes, confidence: float) -> Speed:
    """Return the rate over two or more batches with its interval.

    Questions are sorted by type and length, so that batches differ less from each other than from the mean of all.
    The variance of their sum is estimated from the differences between neighbours, as is usual for ordered samples;
    the interval is symmetric in the rate's logarithm.
    """
    total = sum(times.seconds)
    variance = sum((after - before) ** 2 for before, after in pairwise(times.seconds)) / 2
    variance *= len(times.seconds) / (len(times.seconds) - 1)
    factor = exp(NormalDist().inv_cdf((1 + confidence) / 2) * sqrt(variance) / total)
    rate = BATCH_SIZE * len(times.seconds) / total
    return Speed(rate, Interval(rate / factor, rate * factor))

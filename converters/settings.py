"""What a conversion is asked to do, and the presets that name the usual ways."""

from dataclasses import dataclass
from pathlib import Path

from converters.ecinstruct.swaps import PAPER_SWAPS
from converters.lengths import LengthSettings
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.ecinstruct.rows import SPLITS


@dataclass(frozen=True, slots=True)
class ConversionSettings:
    """Everything that decides what is written.

    Attributes:
        sources: where the rows come from: files, folders, hub ids.
        weights: the share of each source in the rows converted; empty takes all their rows as one pool.
        sample: how many rows to draw of those left, before the originals join; None takes all.
        seed: of every draw: sample, option order, wording, final order.
        splits: the splits to convert.
        settings: the values of ECInstruct's column `setting` to convert; empty takes all.
        join_originals: whether each row that its source states in another way is also written as it was.
        keep_binary: whether the three yes/no tasks stay.
        remove_repeats: whether of a sample that occurs more than once (under another setting, too) one row is left.
        development_set: the questions that swaps borrow their words from; None takes the project's own words.
        swaps: the YAML file of swaps.
        lengths: what rows are measured with, against LlamaFactory's cutoff_len; None leaves them unmeasured.
        strict: whether a reject fails the conversion.
        overwrite: whether files and entries that no conversion wrote may be replaced.
    """

    sources: tuple[str, ...]
    weights: tuple[float, ...] = ()
    sample: int | None = None
    seed: int = 0
    splits: tuple[str, ...] = SPLITS
    settings: tuple[str, ...] = ()
    join_originals: bool = True
    keep_binary: bool = False
    remove_repeats: bool = False
    development_set: Path | None = None
    swaps: Path = PAPER_SWAPS
    lengths: LengthSettings | None = None
    strict: bool = False
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked before anything is read."""
        if self.sample is not None and self.sample < 1:
            raise ShopBenchError(f"--sample {self.sample}: draw at least 1 row, or leave it out to take all")
        if self.weights and len(self.weights) != len(self.sources):
            raise ShopBenchError("--weight: give one for every --source, in the same order, or none at all")
        if not all(0 < weight < float("inf") for weight in self.weights):
            raise ShopBenchError("--weight must be above 0; leave a source out rather than weigh it 0")

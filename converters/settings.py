"""The settings of a conversion."""

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
        weights: the share of each source in the converted rows; empty pools all their rows.
        sample: how many of the remaining rows to draw, before originals are added; None keeps all.
        seed: the seed of every draw: sample, option order, wording, final order.
        splits: the splits to convert.
        settings: the values of ECInstruct's column `setting` to convert; empty converts all.
        join_originals: whether each row whose source words it differently is also written unchanged.
        keep_binary: whether the three yes/no tasks are kept.
        remove_repeats: whether to keep one row of each sample that occurs more than once (across settings, too).
        development_set: the questions that swaps take their wording from; None uses the project's own wording.
        swaps: the YAML file of swaps.
        lengths: how to compare rows with LlamaFactory's cutoff_len; None doesn't measure them.
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
        """Check what can be checked before reading anything."""
        if self.sample is not None and self.sample < 1:
            raise ShopBenchError(f"--sample {self.sample}: must be at least 1; omit it to keep all rows")
        if self.weights and len(self.weights) != len(self.sources):
            raise ShopBenchError("--weight: pass one for every --source, in the same order, or none")
        if not all(0 < weight < float("inf") for weight in self.weights):
            raise ShopBenchError("--weight: must be above 0; to leave out a source, omit it")

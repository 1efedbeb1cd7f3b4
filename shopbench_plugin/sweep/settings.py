"""The settings of a sweep: the keys of its recipe and the flags of `shopbench sweep`."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from shopbench_plugin.core.errors import ShopBenchError, shorten, unknown_name
from shopbench_plugin.engines.settings import LocalSettings
from shopbench_plugin.models.blend import Method
from shopbench_plugin.predict.settings import PredictorSettings
from shopbench_plugin.scoring import ScoringSettings

PAGE = "sweep.md"
PLOT = "sweep.png"
BEST = "best"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)

Number = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSettings(PredictorSettings):
    """How the candidates answer, as in a predict recipe, and which candidates there are.

    Attributes:
        candidates: folders of LoRA adapters of the model, by names of your choice.
        weights: blends to try, each the weights of some candidates by name; None for each candidate alone.
        methods: methods to try for merging several adapters.
        density: share of the values that the pruning methods keep.
        scales: interpolations to try for each blend: 1 is the blend itself, 0.6 is between it and the base.
        input: development set whose questions are answered and scored.
        output_dir: folder for the blends, their predictions, the table, the plot and the best adapters.
        overwrite: run everything again, even if the folder has answers.
        folds: number of folds of the cross-validation.
        seed: random seed of the folds, and of the values that "dare" drops.
        scoring: settings of the scores and intervals.
    """

    candidates: dict[str, Path]
    weights: list[dict[str, Number]] | None = None
    methods: list[Method] = field(default_factory=lambda: ["linear"])
    density: Annotated[float, Field(gt=0, le=1)] = 0.5
    scales: list[Number] = field(default_factory=lambda: [1.0])
    input: Path
    output_dir: Path
    overwrite: bool = False
    folds: Annotated[int, Field(ge=2)] = 5
    seed: Annotated[int, Field(ge=0)] = 0
    scoring: ScoringSettings = field(default_factory=ScoringSettings)

    def check(self) -> None:
        """Raise a ShopBenchError that names invalid settings, before anything is read."""
        if not isinstance(self.engine, LocalSettings):
            raise ShopBenchError(f"engine {self.engine.name} does not load adapters; use engine vllm or transformers")
        if self.engine.list_adapters():
            raise ShopBenchError("a sweep does not use 'adapter' and 'adapters'; list adapters under 'candidates'")
        if not (self.candidates and self.weights != [] and self.methods and self.scales):
            raise ShopBenchError("'candidates', 'weights', 'methods' and 'scales' need at least one entry each")
        for name in self.candidates:
            if not _NAME.fullmatch(name):
                raise ShopBenchError(f"candidates: {shorten(name)} is not a name; use letters, digits, '.', '_', '-'")
        for name in (name for weights in self.weights or () for name in weights):
            if name not in self.candidates:
                raise ShopBenchError(f"weights: {unknown_name('candidate', name, list(self.candidates))}")
        if not all(any(weights.values()) for weights in self.weights or ()):
            raise ShopBenchError("weights: a blend has only weights of 0, which is the base; use a weight above 0")
        self.scoring.check_resamples("an interval")

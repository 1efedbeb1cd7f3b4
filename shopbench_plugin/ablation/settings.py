"""The settings of an ablation: the keys of its recipe and the flags of `shopbench ablation`."""

from dataclasses import dataclass, field
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.demonstrations.preset_files import read_preset
from shopbench_plugin.predict.settings import HasEngine
from shopbench_plugin.scoring import ScoringSettings

PAGES = ("ablation.md", "ablation.html")
"""The result pages in the output folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AblationSettings(HasEngine):
    """The full system and its variants. The engine's keys are those of a predict recipe.

    Attributes:
        engine: what runs the models; its `model` is the tuned one, before it is quantized.
        untuned: the same model before tuning; None omits its row.
        quantized: the tuned model after quantization; None omits its row.
        input: development set whose questions are answered and scored.
        development_set: development set with the demonstrations.
        preset: the full system's demonstrations: a preset's name or the path of your own YAML file.
        output_dir: folder for the predictions of every run, the table and the report.
        overwrite: run everything again, even if the folder has answers.
        scoring: settings of the scores and intervals.
    """

    untuned: str | None = None
    quantized: str | None = None
    input: Path
    development_set: Path
    preset: str = "fewshot"
    output_dir: Path
    overwrite: bool = False
    scoring: ScoringSettings = field(default_factory=ScoringSettings)

    def check(self) -> None:
        """Raise a ShopBenchError that names invalid settings, before any model is loaded."""
        if not read_preset(self.preset).needs_development_set:
            raise ShopBenchError(
                f"preset {self.preset} has no demonstrations, and zero-shot is a separate row; "
                "pass --preset fewshot, for example"
            )
        self.scoring.check_resamples("a verdict")

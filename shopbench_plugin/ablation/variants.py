"""The rows of the table: the full system, then the same with one part changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from shopbench_plugin.ablation.settings import AblationSettings
from shopbench_plugin.predict.settings import PredictSettings


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the table.

    Attributes:
        name: of the row.
        change: what differs from the full system, in words.
        answers: the run whose answers are scored, by its file's stem; rows with the same answers share a run.
        role: the recipe's key of the model that answers.
        settings: the predict settings that differ from the full system's.
        postprocessing: score the repaired answers; else the evaluator reads the raw output.
    """

    name: str
    change: str
    answers: str
    role: Literal["model", "untuned", "quantized"] = "model"
    settings: Mapping[str, Any] = field(default_factory=dict)
    postprocessing: bool = True

    @property
    def scores_labels(self) -> bool:
        """Whether the engine scores labels instead of generating some answers."""
        return "label_calibration" in self.settings

    def find_model(self, settings: AblationSettings) -> str:
        """Return the model that answers; "" if the recipe has none."""
        if self.role == "model":
            return settings.engine.model
        return getattr(settings, self.role) or ""

    def find_obstacle(self, settings: AblationSettings) -> str:
        """Return why the recipe can't run this row; "" if it can."""
        if not self.find_model(settings):
            return f"the recipe has no '{self.role}'"
        if self.scores_labels and not settings.engine.can_score_labels():
            return f"engine {settings.engine.name} can't score labels with these settings"
        return ""

    def predict_settings(self, settings: AblationSettings) -> PredictSettings:
        """Return the settings of the run that answers for this row and writes to `settings.output_dir`."""
        full_system = PredictSettings(
            engine=replace(settings.engine, model=self.find_model(settings)),
            input=settings.input,
            output=self.find_output(settings),
            preset=settings.preset,
            development_set=settings.development_set,
            save_prompts=True,
            overwrite=settings.overwrite,
        )
        return replace(full_system, **self.settings)

    def find_output(self, settings: AblationSettings) -> Path:
        """Return the file of the run's predictions."""
        return settings.output_dir / f"{self.answers}.jsonl"


FULL_SYSTEM = Variant(
    "full system", "tuned model, demonstrations, constraints, post-processing, direct answers", answers="full"
)
VARIANTS = (
    FULL_SYSTEM,
    Variant("untuned", "the model before tuning", answers="untuned", role="untuned"),
    Variant("quantized", "the tuned model after quantization", answers="quantized", role="quantized"),
    Variant(
        "zero-shot",
        "no demonstrations",
        answers="zero-shot",
        settings={"preset": "zero-shot", "development_set": None},
    ),
    Variant(
        "no constraints",
        "the model may write anything, within the same number of tokens; what it writes is repaired",
        answers="unconstrained",
        settings={"constraints": False},
    ),
    Variant(
        "no post-processing",
        "the evaluator reads what the model wrote under constraints",
        answers="full",
        postprocessing=False,
    ),
    Variant(
        "neither constraints nor post-processing",
        "the model may write anything, and the evaluator reads it unchanged",
        answers="unconstrained",
        settings={"constraints": False},
        postprocessing=False,
    ),
    Variant(
        "chain of thought",
        "multiple choice reasons in one sentence first, without demonstrations",
        answers="chain-of-thought",
        settings={"cot": True},
    ),
    Variant(
        "label calibration",
        "multiple choice and ratings without the model's label bias (contextual)",
        answers="label-calibration",
        settings={"label_calibration": "contextual"},
    ),
)


def select_variants(settings: AblationSettings) -> tuple[list[Variant], list[Variant]]:
    """Return the rows that the recipe can run, and those that are left out."""
    left_out = [variant for variant in VARIANTS if variant.find_obstacle(settings)]
    return [variant for variant in VARIANTS if variant not in left_out], left_out

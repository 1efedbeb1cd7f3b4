"""The blends that a sweep tries: the base, and every weighting, method and scale of its recipe."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from shopbench_plugin.models.blend import BlendSettings
from shopbench_plugin.predict.settings import PredictorSettings, PredictSettings
from shopbench_plugin.sweep.settings import SweepSettings

_PREDICTOR = [one.name for one in fields(PredictorSettings)]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A blend to try.

    Attributes:
        name: the name of its row.
        stem: the name of its files.
        blend: the settings of the blend.
    """

    name: str
    stem: str
    blend: BlendSettings

    def find_adapter(self, settings: SweepSettings) -> Path:
        """Return the folder of the blended adapter."""
        return settings.output_dir / "blends" / self.stem

    def find_output(self, settings: SweepSettings) -> Path:
        """Return the file of its predictions."""
        return settings.output_dir / f"{self.stem}.jsonl"

    def predict_settings(self, settings: SweepSettings) -> PredictSettings:
        """Return the settings of the run that answers with it."""
        engine: Any = settings.engine
        return PredictSettings(
            **{name: getattr(settings, name) for name in _PREDICTOR}
            | {"engine": replace(engine, adapter=str(self.find_adapter(settings)))},
            input=settings.input,
            output=self.find_output(settings),
            overwrite=settings.overwrite,
        )


def list_candidates(settings: SweepSettings) -> list[Candidate]:
    """Return the base, which is a blend of scale 0, and every other distinct blend in the recipe's order."""
    first = next(iter(settings.candidates.values()))
    found = [Candidate("base", "base", BlendSettings(adapters=(first,), weights=(1.0,), scale=0.0))]
    for weights in settings.weights or [{name: 1.0} for name in settings.candidates]:
        used = {name: weight for name, weight in weights.items() if weight}
        for method in settings.methods:
            for scale in filter(None, settings.scales):
                blend = BlendSettings(
                    adapters=tuple(settings.candidates[name] for name in used),
                    weights=tuple(used.values()),
                    method=method if len(used) > 1 else "linear",
                    density=settings.density,
                    scale=scale,
                    seed=settings.seed,
                )
                found.append(_name(blend, used))
    return list({one.stem: one for one in reversed(found)}.values())[::-1]


def _name(blend: BlendSettings, weights: dict[str, float]) -> Candidate:
    method = [blend.method] * (len(weights) > 1)
    parts = [f"{weight:g} {name}" for name, weight in weights.items()]
    name = ", ".join([" + ".join(parts), *method, f"scale {blend.scale:g}"])
    stem = "_".join([*(part.replace(" ", "-") for part in parts), *method, f"x{blend.scale:g}"])
    return Candidate(name, stem, blend)

"""What may be set for a prediction: the keys of a predict recipe and the flags of `shopbench predict`."""

from dataclasses import dataclass
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError, require_settings
from shopbench_plugin.core.yaml_files import STRICT
from shopbench_plugin.engines.interface import EngineSettings, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictorSettings(EngineSettings):
    """How questions are put and answers read.

    Attributes:
        preset: a preset's name or the path of a YAML file of your own.
        development_set: JSONL file that the demonstrations are taken from; not needed for zero-shot.
        system_prompt: the system turn; None leaves it to the model's chat template.
        direct_answer: put a sentence before each question that asks for the answer alone.
        cot: let multiple choice think in one sentence before the answer.
        constraints: let the engine generate valid answers only; without, repairing the raw text has to do.
        seconds_per_question: time budget of a call, counted per question in it; None for no limit. The competition's is
            10, and it ends a run that goes over.
        seconds_per_run: time budget of all calls together, the model's loading included; None for no limit.
    """

    preset: str = "zero-shot"
    development_set: Path | None = None
    system_prompt: str | None = None
    direct_answer: bool = True
    cot: bool = False
    constraints: bool = True
    seconds_per_question: Seconds | None = None
    seconds_per_run: Seconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictSettings(PredictorSettings):
    """A predictor's settings with the files of one run.

    Attributes:
        input: JSONL file of questions.
        output: JSONL file for the predictions.
        save_prompts: write the dialogue into each output row too, for reading and for reports.
        overwrite: replace an output file that belongs to another run.
        allow_repeats: answer a question that stands in `input` more than once as often as it does.
    """

    input: Path | None = None
    output: Path | None = None
    save_prompts: bool = False
    overwrite: bool = False
    allow_repeats: bool = False

    __pydantic_config__ = STRICT

    def check(self) -> None:
        """Raise a ShopBenchError that names what is missing, as flag and as key, or an output that is a folder."""
        require_settings(self, "model", "input", "output")
        if self.output is not None and self.output.is_dir():
            raise ShopBenchError(f"{self.output}: is a folder; name a file")

"""Quality lost in quantization: the quantized model compared with the merged one, and that with base and adapter."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.engines.settings import EngineSettings
from shopbench_plugin.quantization.clean import read_quantization
from shopbench_plugin.quantization.held_out import HeldOut
from shopbench_plugin.quantization.quality import ANSWER_TOKENS, Quality, measure_quality


@dataclass(frozen=True, slots=True)
class ModelFolders:
    """The stages of one model: `base` and `adapter` were merged into `merged`, which was then quantized."""

    quantized: Path
    merged: Path
    base: Path | None = None
    adapter: Path | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The measured stages in order, and the share of answers on which vLLM and transformers agree in the last."""

    stages: tuple[Quality, ...]
    vllm_agreement: float

    def find_losses(self, max_rise: float, min_agreement: float) -> list[str]:
        """Return a phrase for each limit that is exceeded, or for each value that is not finite.

        Args:
            max_rise: largest relative rise in the correct answers' perplexity from one stage to the next.
            min_agreement: smallest share of questions answered alike before and after, and by vLLM and transformers.
        """
        infinite = [one for one in self.stages if not one.is_finite]
        if infinite:
            return [f"the perplexity of {stage.name} is {stage.perplexity}" for stage in infinite]
        losses = []
        for before, after in zip(self.stages, self.stages[1:], strict=False):
            rise = after.perplexity / before.perplexity - 1
            if rise > max_rise:
                losses.append(
                    f"perplexity rises by {rise:.1%} from {before.name} to {after.name}, more than {max_rise:.1%}"
                )
        merged, quantized = self.stages[-2:]
        agreement = quantized.agree(merged.answers)
        if agreement < min_agreement:
            losses.append(
                f"{agreement:.1%} of the answers stay the same after quantization, less than {min_agreement:.1%}"
            )
        if self.vllm_agreement < min_agreement:
            losses.append(
                f"vLLM and transformers agree on {self.vllm_agreement:.1%} of the answers with the same weights, "
                f"less than {min_agreement:.1%}"
            )
        return losses


def check_quantization(folders: ModelFolders, questions: Sequence[HeldOut], engine: EngineSettings) -> Check:
    """Measure every stage with transformers, and also answer with the quantized model in vLLM.

    Raises:
        ShopBenchError: the model isn't quantized, its config still contains calibration samples, or it can't be loaded.
    """
    quantization = read_quantization(folders.quantized)
    if quantization.get("desc_act") and quantization.get("group_size") == -1:  # vLLM's auto_gptq.py
        raise ShopBenchError(
            f"{folders.quantized / 'config.json'}: quantized with desc_act and without groups, for which vLLM "
            "ignores desc_act; quantize with desc_act: false or group_size: 128"
        )
    if quantization.get("dataset"):
        raise ShopBenchError(
            f"{folders.quantized / 'config.json'}: still contains the calibration texts; "
            f"run shopbench clean-quantized --model {folders.quantized}"
        )
    stages = []
    if folders.base is not None and folders.adapter is not None:
        stages.append(measure_quality("base + adapter", folders.base, questions, folders.merged, folders.adapter))
    stages.append(measure_quality("merged", folders.merged, questions, folders.merged, None))
    stages.append(measure_quality("quantized", folders.quantized, questions, folders.merged, None))
    return Check(tuple(stages), stages[-1].agree(_answer_with_vllm(questions, engine)))


def _answer_with_vllm(questions: Sequence[HeldOut], settings: EngineSettings) -> list[str]:
    engine = load_engine(settings)
    try:
        constraint = Constraint(max_tokens=ANSWER_TOKENS)
        prompts = [Prompt((Message("user", one.question),), constraint) for one in questions]
        answers = dict(engine.complete(prompts))
    finally:
        engine.close()
    return [answers[index].text for index in range(len(questions))]

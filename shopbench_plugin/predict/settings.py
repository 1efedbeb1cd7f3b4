"""The settings of a prediction: the keys of a predict recipe and the flags of `shopbench predict`."""

from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.settings import Merged
from shopbench_plugin.engines.registry import ENGINES, find_engine
from shopbench_plugin.engines.settings import UNDECISIVE, EngineSettings, Seconds, find_decisive
from shopbench_plugin.prompting.messages import ChainOfThought

T = TypeVar("T", bound="HasEngine")

_ENGINE = "engine"
_ADAPTERS = ("adapter", "adapters")
_DETERMINISTIC = "deterministic"


def _read_cot(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Validate the setting with `read`, and report one problem instead of one per allowed type."""
    try:
        return read(value)
    except ValidationError as error:
        raise PydanticCustomError("cot", "Input should be true, false or numeric") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class HasEngine:
    """Settings that include an engine's, which are keys of the same recipe.

    Attributes:
        engine: what runs the model; its `model` is the one that answers.
    """

    engine: EngineSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictorSettings(HasEngine):
    """How questions are asked and answers are read.

    Attributes:
        preset: a preset's name or the path of your own YAML file.
        development_set: file to take demonstrations from; not needed for zero-shot.
        system_prompt: the system turn; None for the default of the model's chat template.
        direct_answer: start each question with a sentence that asks for only the answer.
        cot: for multiple choice, reason in one sentence before the answer; "numeric": only for arithmetic and units.
        label_calibration: choose the label whose log-probability is highest above its mean over questions whose answer
            isn't known: "contextual", the question without its content; "batch", all of the file with the same labels;
            None generates the most probable one.
        constraints: let the engine generate valid answers only; without it, the raw text is only repaired.
        router: "rules" reads a question's type from its wording; "model" asks the model, in one token, if the wording
            shows none.
        seconds_per_question: time budget of a call, per question in it; None for no limit. The competition's is 10, and
            it ends a run that exceeds it.
        seconds_per_run: time budget of all calls together, including model loading; None for no limit.
    """

    preset: str = "zero-shot"
    development_set: Path | None = None
    system_prompt: str | None = None
    direct_answer: bool = True
    cot: Annotated[ChainOfThought, WrapValidator(_read_cot)] = False
    label_calibration: Literal["contextual", "batch"] | None = None
    constraints: bool = True
    router: Literal["rules", "model"] = "rules"
    seconds_per_question: Seconds | None = None
    seconds_per_run: Seconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictSettings(PredictorSettings):
    """A predictor's settings with the files of one run.

    Attributes:
        input: file of questions.
        output: JSONL file for the predictions.
        save_prompts: include the dialogue in each output row, for reading and for reports.
        overwrite: replace an output file that belongs to another run.
        allow_repeats: answer a repeated question each time it occurs in `input`.
        partial: skip the rows and files of `input` that can't be used, with a warning for each.
        max_unusable: largest share of unusable answers (no text, scores not finite or all equal) in a successful run.
    """

    input: Path
    output: Path = field(metadata=UNDECISIVE)
    save_prompts: bool = False
    overwrite: bool = field(default=False, metadata=UNDECISIVE)
    allow_repeats: bool = field(default=False, metadata=UNDECISIVE)
    partial: bool = field(default=False, metadata=UNDECISIVE)
    max_unusable: Annotated[float, Field(ge=0, le=1)] = field(default=0.1, metadata=UNDECISIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFiles:
    """The files named by a predict recipe, for commands that read them later."""

    input: Path | None = None
    output: Path | None = None


def read_settings(merged: Merged, kind: type[T]) -> T:
    """Return merged settings as a `kind`.

    Keys of a predict recipe that `kind` has no field for are allowed, and so are those of other engines: one recipe
    serves several commands and engines.

    Raises:
        ShopBenchError: a key is unknown, or values are missing or invalid; the message lists all of them.
    """
    engine = find_engine(merged.values.get(_ENGINE))
    _reject_unknown(merged, kind)
    _reject_unheld(merged, engine)
    merged.check(engine, kind, made=[_ENGINE])
    settings = merged.build(kind, engine=merged.build(engine))
    if isinstance(settings, PredictorSettings):
        _check_calibration(settings)
    return settings


def _reject_unheld(merged: Merged, engine: type[EngineSettings]) -> None:
    """Raise a ShopBenchError if adapters or determinism are set that the engine doesn't support."""
    known = {one.name for one in fields(engine)}
    if merged.values.get(_DETERMINISTIC) and _DETERMINISTIC not in known:
        raise ShopBenchError(
            f"'{_DETERMINISTIC}' is set, but engine {engine.name} can't make a server deterministic; use engine "
            "vllm or transformers"
        )
    for name in _ADAPTERS:
        if merged.values.get(name) and name not in known:
            raise ShopBenchError(
                f"'{name}' is set, but engine {engine.name} loads no adapters; pass the name under which the server "
                "serves the adapter as --model, or use engine vllm or transformers"
            )


def _check_calibration(settings: PredictorSettings) -> None:
    """Raise a ShopBenchError if label calibration is set but not possible."""
    if settings.label_calibration is None:
        return
    problem = ""
    if not settings.engine.can_score_labels():
        problem = (
            f"engine {settings.engine.name} can't score labels; use engine transformers, or vllm with "
            "data_parallel_size: 1"
        )
    elif settings.cot is True:
        problem = "cot writes a thought before the label; unset one of the two"
    elif settings.label_calibration == "batch" and not isinstance(settings, PredictSettings):
        problem = "batch compares the questions of a file; set it to contextual, or use shopbench predict"
    if problem:
        raise ShopBenchError(f"'label_calibration' is {settings.label_calibration}, but {problem}")


def read_run_files(merged: Merged) -> RunFiles:
    """Return the files named by a predict recipe.

    Raises:
        ShopBenchError: a key is unknown, or a value is not a path.
    """
    _reject_unknown(merged, RunFiles)
    merged.check(RunFiles)
    return merged.build(RunFiles)


def _reject_unknown(merged: Merged, kind: type[Any]) -> None:
    """Raise a ShopBenchError that names the keys unknown to `kind`, to predict recipes and to all engines."""
    kinds = [kind, PredictSettings]
    for name in ENGINES.list_names():
        with suppress(ShopBenchError):  # an engine that can't be imported is reported when it is used
            kinds.append(find_engine(name))
    merged.reject_unknown({one.name for kind in kinds for one in fields(kind)})


def describe_settings(settings: HasEngine) -> dict[str, Any]:
    """Return the settings as in a recipe: one level, paths as text."""
    own = asdict(settings)
    values = {_ENGINE: settings.engine.name, **own.pop(_ENGINE), **own}
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


def find_decisive_settings(settings: HasEngine) -> dict[str, Any]:
    """Return the settings that affect the answers."""
    return find_decisive(settings) | {_ENGINE: settings.engine.name} | find_decisive(settings.engine)

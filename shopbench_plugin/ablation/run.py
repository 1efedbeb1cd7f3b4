"""Runs an ablation recipe: every variant answers, is scored and compared with the full system."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from shopbench_plugin.ablation.settings import PAGES, AblationSettings
from shopbench_plugin.ablation.speed import (
    BatchTimes,
    Speed,
    TimedEngine,
    find_times,
    measure_speed,
    read_times,
    write_times,
)
from shopbench_plugin.ablation.validity import InvalidAnswers, count_invalid
from shopbench_plugin.ablation.variants import FULL_SYSTEM, VARIANTS, Variant, select_variants
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.engines.lazy import LoadEngine
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.predict.run import list_read, list_written, predict_file
from shopbench_plugin.scoring import Comparison, Evaluation, compare, evaluate, evaluate_files
from shopbench_plugin.scoring.evaluation import read_scorable
from shopbench_plugin.storage.paths import check_places


@dataclass(frozen=True, slots=True)
class VariantResult:
    """One row of the table.

    Attributes:
        variant: what was changed.
        evaluation: the scores.
        comparison: with the full system; None for the full system itself.
        invalid_written: invalid answers in what the model wrote.
        invalid_scored: invalid answers in what was scored: the same text if post-processing is off.
        speed: questions per second; None if too few were answered in one run to measure it.
    """

    variant: Variant
    evaluation: Evaluation
    comparison: Comparison | None
    invalid_written: InvalidAnswers
    invalid_scored: InvalidAnswers
    speed: Speed | None


@dataclass(frozen=True, slots=True)
class Ablation:
    """All rows, the full system first, and the variants that the recipe can't run."""

    settings: AblationSettings
    results: list[VariantResult]
    left_out: list[Variant]


def run_ablation(settings: AblationSettings, say: Callable[[str], None], load: LoadEngine = load_engine) -> Ablation:
    """Answer the questions of `settings.input` with every variant, and score and compare the answers.

    An ablation that was killed resumes when it is called again; complete variants don't run twice.

    Args:
        settings: the recipe.
        say: receives one line on the outcome of each variant.
        load: creates the engine of a run.

    Raises:
        ShopBenchError: anything the user can fix, found before a model is loaded if possible.
    """
    settings.check()
    variants, left_out = select_variants(settings)
    check_places(
        [path for variant in variants for path in list_read(variant.predict_settings(settings))],
        list_outputs(settings, variants),
    )
    _check_files(settings, variants)
    speeds: dict[str, Speed | None] = {}
    for variant in variants:
        if variant.answers not in speeds:
            speeds[variant.answers] = _ask(variant, settings, say, load)
    results: list[VariantResult] = []
    for variant in variants:
        full_system = results[0].evaluation if results else None
        results.append(_score(variant, settings, speeds[variant.answers], full_system))
    return Ablation(settings, results, left_out)


def list_outputs(settings: AblationSettings, variants: Iterable[Variant] = VARIANTS) -> list[Path]:
    """Return every file that an ablation writes."""
    outputs = dict.fromkeys(variant.find_output(settings) for variant in variants)
    files = [path for output in outputs for path in (*list_written(output), find_times(output))]
    return [*files, *(settings.output_dir / name for name in PAGES)]


def _check_files(settings: AblationSettings, variants: Iterable[Variant]) -> None:
    """Detect early what would otherwise show after hours: questions that can't be scored, folders without a model."""
    read_scorable(settings.input, settings.scoring)
    for model in dict.fromkeys(variant.find_model(settings) for variant in variants):
        replace(settings.engine, model=model).check_model()


def _ask(variant: Variant, settings: AblationSettings, say: Callable[[str], None], load: LoadEngine) -> Speed | None:
    """Answer the questions that have no answer yet, and return how fast that was."""
    predict = variant.predict_settings(settings)
    output = variant.find_output(settings)
    engine = TimedEngine(predict.engine, load)
    summary = predict_file(predict, engine)
    if engine.batch_seconds and not variant.scores_labels:  # scoring labels isn't timed
        write_times(output, BatchTimes(summary.run, tuple(engine.batch_seconds)))
    times = read_times(output, summary.run)
    speed = measure_speed(times, settings.scoring.confidence) if times else None
    say(f"{variant.name}: {summary.describe_work()}" + (f", {speed.rate:.1f} per second" if speed else ""))
    return speed


def _score(
    variant: Variant, settings: AblationSettings, speed: Speed | None, full_system: Evaluation | None
) -> VariantResult:
    repaired = evaluate_files(variant.find_output(settings), settings.input, settings.scoring)
    written = [_take_raw(answer.answered) for answer in repaired.answers]
    evaluation = repaired if variant.postprocessing else evaluate(written, settings.scoring)
    names = (FULL_SYSTEM.name, variant.name)
    return VariantResult(
        variant=variant,
        evaluation=evaluation,
        comparison=compare(full_system, evaluation, names) if full_system else None,
        invalid_written=count_invalid(written, settings.scoring),
        invalid_scored=count_invalid((one.answered for one in evaluation.answers), settings.scoring),
        speed=speed,
    )


def _take_raw(answered: Prediction) -> Prediction:
    """Return the prediction with the model's raw output as its answer.

    Raises:
        ShopBenchError: the row lacks it.
    """
    if answered.raw is None:
        raise ShopBenchError("a prediction has no 'raw' text; pass --overwrite to run its variant again")
    return replace(answered, prediction=answered.raw)

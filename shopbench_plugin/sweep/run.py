"""Runs a sweep recipe: every candidate is blended, answers and is scored, with the base loaded once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.engines.lazy import LazyEngine, LoadEngine
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.models.adapters import read_rank
from shopbench_plugin.models.blend import blend_adapters, check_blend, is_blended
from shopbench_plugin.predict.run import list_written, predict_file
from shopbench_plugin.scoring import Evaluation, evaluate_files
from shopbench_plugin.scoring.evaluation import read_scorable
from shopbench_plugin.storage.paths import check_places
from shopbench_plugin.sweep.candidates import Candidate, list_candidates
from shopbench_plugin.sweep.choice import Choice, choose_winners, draw_folds
from shopbench_plugin.sweep.settings import BEST, PAGE, PLOT, SweepSettings


@dataclass(frozen=True, slots=True)
class Sweep:
    """The candidates, the base first, with their scores, and the winners: of all questions, then of each track."""

    settings: SweepSettings
    candidates: list[Candidate]
    evaluations: list[Evaluation]
    choices: list[Choice]


class _SharedEngine(LazyEngine):
    """An engine that stays loaded between candidates."""

    def close(self) -> None:
        """Stay loaded for the next candidate."""

    def finish(self) -> None:
        """Close the engine after the last one."""
        super().close()


def run_sweep(settings: SweepSettings, say: Callable[[str], None], load: LoadEngine = load_engine) -> Sweep:
    """Answer the questions of `settings.input` with every candidate, score the answers and choose the winners.

    A sweep that was killed resumes when it is called again; complete candidates don't run twice.

    Args:
        settings: the recipe.
        say: receives one line on the outcome of each candidate.
        load: creates the engine.

    Raises:
        ShopBenchError: anything the user can fix, found before a blend is written if possible.
    """
    check_models(settings)
    check_places([settings.input, settings.development_set, *settings.candidates.values()], list_outputs(settings))
    questions = _read_questions(settings)
    candidates = list_candidates(settings)
    for candidate in candidates:
        if not is_blended(candidate.blend, candidate.find_adapter(settings)):
            blend_adapters(candidate.blend, candidate.find_adapter(settings))
    evaluations = _ask(settings, candidates, say, load)
    choices = choose_winners(evaluations, draw_folds(questions, settings.folds, settings.seed))
    return Sweep(settings, candidates, evaluations, choices)


def list_outputs(settings: SweepSettings) -> list[Path]:
    """Return every file that a sweep writes, and every folder that it replaces."""
    candidates = list_candidates(settings)
    files = [path for candidate in candidates for path in list_written(candidate.find_output(settings))]
    folders = [candidate.find_adapter(settings) for candidate in candidates]
    return [*files, *folders, *(settings.output_dir / name for name in (PAGE, PLOT, BEST))]


def _read_questions(settings: SweepSettings) -> list[Question]:
    questions = read_scorable(settings.input, settings.scoring)
    if len(questions) < settings.folds:
        raise ShopBenchError(
            f"{settings.input}: {len(questions)} questions are too few for {settings.folds} folds; "
            "lower 'folds' or add questions"
        )
    return questions


def check_models(settings: SweepSettings) -> None:
    """Detect early what would otherwise show after hours: adapters of another model, or that can't be blended.

    Raises:
        ShopBenchError: there is such an adapter, or the settings are invalid.
    """
    settings.check()
    engine: Any = settings.engine
    for folder in settings.candidates.values():
        replace(engine, adapter=str(folder)).check_model()
    for candidate in list_candidates(settings):
        check_blend(candidate.blend)


def _ask(
    settings: SweepSettings, candidates: Sequence[Candidate], say: Callable[[str], None], load: LoadEngine
) -> list[Evaluation]:
    """Let every candidate answer, and score its answers; the engine is loaded for the largest rank."""
    engine: Any = settings.engine
    largest = max((candidate.find_adapter(settings) for candidate in candidates), key=read_rank)
    shared = _SharedEngine(replace(engine, adapter=str(largest)), load)
    evaluations = []
    try:
        for candidate in candidates:
            summary = predict_file(candidate.predict_settings(settings), shared)
            evaluations.append(evaluate_files(candidate.find_output(settings), settings.input, settings.scoring))
            say(f"{candidate.name}: {summary.describe_work()}, score {evaluations[-1].overall.describe()}")
    finally:
        shared.finish()
    return evaluations

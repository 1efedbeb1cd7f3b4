"""Steps that the tasks of both harnesses share: this project's questions, prompts, answer parsing and scores."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shopbench_plugin.constraints import build_constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message, Question
from shopbench_plugin.demonstrations.choice import NO_DEMONSTRATIONS, DemonstrationSet, choose_demonstrations
from shopbench_plugin.demonstrations.preset_files import read_preset
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.postprocess import repair
from shopbench_plugin.prompting.messages import PromptSettings, build_messages
from shopbench_plugin.routing import route_question
from shopbench_plugin.scoring import Evaluation, ScoringSettings, evaluate


def read_track(path: str | None, track: str | None) -> list[Question]:
    """Return the questions of a track in a development set of any format, or all if `track` is None.

    Raises:
        ShopBenchError: no file is set, it can't be read, or it has no question of the track.
    """
    if path is None:
        raise ShopBenchError("missing setting 'input': set SHOPBENCH_INPUT to the file or folder of questions")
    questions = [one for one in read_development_set(Path(path)) if track is None or one.track == track]
    if not questions:
        raise ShopBenchError(f"{path}: contains no question of the track {track}; run a different task")
    return questions


def read_demonstrations(name: str, path: str | None) -> DemonstrationSet:
    """Return the demonstrations that a preset chooses from a development set.

    Raises:
        ShopBenchError: the preset needs a development set and none is set, or one of them can't be read.
    """
    preset = read_preset(name)
    if not preset.needs_development_set:
        return NO_DEMONSTRATIONS
    if path is None:
        raise ShopBenchError(f"preset {preset.name}: set SHOPBENCH_DEVELOPMENT_SET to the file of demonstrations")
    return choose_demonstrations(preset, read_development_set(Path(path)))


def build_dialogue(
    question: Question, demonstrations: DemonstrationSet, system_prompt: str | None = None
) -> tuple[Message, ...]:
    """Return the dialogue of a question."""
    routed = route_question(question)
    return build_messages(routed, demonstrations.for_question(routed), PromptSettings(system_prompt=system_prompt))


def count_tokens(question: Question) -> int:
    """Return the maximum number of tokens of an answer."""
    return build_constraint(route_question(question)).max_tokens


def make_row(question: Question, raw: str) -> dict[str, Any]:
    """Return the question's row with its repaired and raw answer, for `score_rows`."""
    return asdict(question) | {"prediction": repair(raw, route_question(question)), "raw": raw}


def score_rows(rows: Iterable[Mapping[str, Any]], evaluator: str) -> Evaluation:
    """Return the scores of answered questions, without intervals.

    Raises:
        ShopBenchError: as `evaluate`.
    """
    return evaluate(rows, ScoringSettings(resamples=0, evaluator=evaluator))


def to_number(score: float | None) -> float:
    """Return a score as the harnesses expect it: NaN if there is none."""
    return float("nan") if score is None else score

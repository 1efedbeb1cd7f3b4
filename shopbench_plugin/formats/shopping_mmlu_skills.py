r"""Shopping MMLU by skill: `skills/skill1_concept.json` and three more, ShopBench's test questions as released.

JSON lines; a row has its type, so that nothing must be guessed, but neither its track nor `is_multiple_choice`:

    {"input_field": "Which ...?\n0. shoe\n1. pan\nAnswer: ", "output_field": 1, "task_name": "...",
     "task_type": "multiple-choice", "metric": "accuracy"}

The folder `data/`, or data.zip itself, also contains the same questions by task (formats/shopping_mmlu_tasks.py); there
only the skills are read, since they are the whole benchmark with its tracks.
"""

import re
from collections.abc import Sequence
from pathlib import PurePath

from shopbench_plugin.core.vocabulary import TaskType, Track
from shopbench_plugin.formats.files import Row
from shopbench_plugin.formats.form import Choice, QuestionFormat

_SKILL = re.compile(r"skill([1-4])(?!\d)", re.IGNORECASE)
_TRACKS = {
    "1": Track.SHOPPING_CONCEPTS,
    "2": Track.KNOWLEDGE_REASONING,
    "3": Track.BEHAVIOR_ALIGNMENT,
    "4": Track.MULTI_LINGUAL,
}
_TOLD = {"input_field", "output_field", "task_name", "task_type", "metric"}
_UNTOLD = {"is_multiple_choice", "track", "route_as"}


def _matches(_: PurePath, row: Row) -> bool:
    return row.keys() >= _TOLD and not row.keys() & _UNTOLD


def _restate(path: PurePath, row: Row) -> Row:
    """Add the track from the file's name, and the fields that follow from the row's type."""
    task_type = row.get("task_type")
    skill = _find_skill(path)
    return row | {
        "track": None if skill is None else str(_TRACKS[skill]),
        "is_multiple_choice": task_type == TaskType.MULTIPLE_CHOICE,
        "route_as": task_type,
    }


def _choose_files(paths: Sequence[PurePath]) -> Choice:
    """Choose only the skill files if there are any, and name the missing skills."""
    found = {path: skill for path in paths if path.parent.name == "skills" and (skill := _find_skill(path))}
    if not found:
        return Choice(paths)
    missing = sorted(set(_TRACKS) - set(found.values()))
    return Choice(
        list(found), tuple(f"skills/ contains no file of skill {skill} (skill{skill}_*.json)" for skill in missing)
    )


def _find_skill(path: PurePath) -> str | None:
    found = _SKILL.search(path.name)
    return found[1] if found else None


FORMAT = QuestionFormat(_matches, _restate, choose_files=_choose_files)

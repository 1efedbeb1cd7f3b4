"""Presets: YAML files that define, per task type, which questions of a development set become demonstrations.

The built-in ones are in the folder `presets`. Users' presets have the same keys:

    retrieval: {one_per: task, which: shortest}       # a rule, good for any development set
    multiple-choice:
      picks: [{task: task5, number: 2}]               # or named questions: the second one of task5
"""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.core.vocabulary import TaskType, Track
from shopbench_plugin.core.yaml_files import STRICT, read_yaml
from shopbench_plugin.demonstrations.preset_names import find_preset_folder, list_presets


@dataclass(frozen=True, slots=True)
class Pick:
    """One named question: the `number`-th, counted from 1, of those of `task` that have the section's task type."""

    task: str
    number: Annotated[int, Field(ge=1)] = 1

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Rule:
    """Which questions of one task type become demonstrations, in which order, and how a question is asked.

    Attributes:
        one_per: "task" for one question of every task, "type" for a single one, "none" for no demonstration.
        which: "shortest", or "typical" for the one of median length.
        tracks: use only questions of these tracks and those without a track; empty for all.
        mix_tracks: order the tasks by taking one from each track in turn, instead of in the order of the set.
        picks: the questions themselves, instead of all the above.
        prompt: "chat" for a dialogue in the model's chat template; the others are Shopping MMLU's own prompts without
            one, and without constraints and repair: "raw" as for its skills, "raw-numbers" and "raw-letters" as for
            its tasks.
        max_tokens: the maximum of new tokens for a raw prompt.
    """

    one_per: Literal["task", "type", "none"] = "task"
    which: Literal["shortest", "typical"] = "shortest"
    tracks: tuple[Track, ...] = ()
    mix_tracks: bool = False
    picks: tuple[Pick, ...] = ()
    prompt: Literal["chat", "raw", "raw-numbers", "raw-letters"] = "chat"
    max_tokens: Annotated[int, Field(ge=1, le=4096)] = 100

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset's name or path, and its rule for every task type that has demonstrations."""

    name: str
    rules: dict[TaskType, Rule]

    @property
    def needs_development_set(self) -> bool:
        """Return whether the preset has any demonstrations to choose."""
        return any(rule.one_per != "none" for rule in self.rules.values())


def read_preset(name_or_path: str) -> Preset:
    """Return a built-in preset by its name, or a user's by the path of its YAML file.

    Raises:
        ShopBenchError: there is no such preset, or the file has errors, all of which the message names.
    """
    if name_or_path in list_presets():
        with resources.as_file(find_preset_folder() / f"{name_or_path}.yaml") as path:
            return Preset(name_or_path, _read_rules(path))
    path = Path(name_or_path)
    if not (path.suffix in {".yaml", ".yml"} or path.is_file()):
        error = unknown_name("preset", name_or_path, list_presets())
        raise ShopBenchError(f"{error}; or pass the path of a YAML file")
    return Preset(name_or_path, _read_rules(path))


def _read_rules(path: Path) -> dict[TaskType, Rule]:
    return read_yaml(path, dict[TaskType, Rule], empty={})

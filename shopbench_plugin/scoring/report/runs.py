"""What a report shows: one evaluation or several of the same questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shopbench_plugin.scoring.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Run:
    """An evaluation under the name that the report gives it; `settings` are shown as they stand."""

    name: str
    evaluation: Evaluation
    settings: Mapping[str, str] = field(default_factory=dict)

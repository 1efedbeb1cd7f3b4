"""What a report shows: one or more evaluations of the same questions, and what they are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shopbench_plugin.core.table import Table
from shopbench_plugin.scoring.comparison import Comparison
from shopbench_plugin.scoring.evaluation import Evaluation
from shopbench_plugin.scoring.published import PublishedScore
from shopbench_plugin.scoring.report.training import TrainingCurves


@dataclass(frozen=True, slots=True)
class Run:
    """An evaluation with its name in the report.

    Attributes:
        name: of the run.
        evaluation: its scores and answers.
        settings: shown unchanged.
        training: losses and validation scores of the model's training, if known.
    """

    name: str
    evaluation: Evaluation
    settings: Mapping[str, str] = field(default_factory=dict)
    training: TrainingCurves | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page.

    Attributes:
        runs: at least one; all of the same questions in the same order, the baseline first.
        comparisons: of pairs of runs, one table each.
        tables: more tables, shown before the comparisons.
        title: the page's heading.
        constant: the evaluation of each task's best constant answer.
        published: scores of others, shown if a run has a score of the same track.
        made: when and by which command the report was made.
    """

    runs: Sequence[Run]
    comparisons: Sequence[Comparison] = ()
    tables: Sequence[Table] = ()
    title: str = "ShopBench report"
    constant: Evaluation | None = None
    published: Sequence[PublishedScore] = ()
    made: Mapping[str, str] = field(default_factory=dict)

    def find_best(self) -> int:
        """Return the index of the run with the highest score all around, the first if several are equal."""
        scores = [run.evaluation.overall.score for run in self.runs]
        known = [-1.0 if score is None else score for score in scores]
        return known.index(max(known))

    def find_comparable(self) -> list[PublishedScore]:
        """Return the published scores of tracks for which the runs have a score."""
        totals = self.runs[0].evaluation.totals
        return [score for score in self.published if score.find_own(totals) is not None]

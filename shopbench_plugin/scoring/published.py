"""Scores that others have published, with their conditions and source: rows of published.yaml."""

from dataclasses import dataclass
from pathlib import Path

from shopbench_plugin.core.vocabulary import Track
from shopbench_plugin.core.yaml_files import read_yaml
from shopbench_plugin.scoring.aggregation import Group, GroupKind, Totals
from shopbench_plugin.scoring.records import GroupScore

_TRACKS = 4


@dataclass(frozen=True, slots=True)
class PublishedScore:
    """One row of published.yaml.

    Attributes:
        system: what was scored.
        track: the competition's track; ALL_AROUND is the mean of the other four.
        score: from 0 to 1.
        evaluator: the name of its evaluator, as in `--evaluator`.
        conditions: what must be the same for a comparison.
        source: where it is published.
    """

    system: str
    track: Track
    score: float
    evaluator: str
    conditions: str
    source: str

    @property
    def group(self) -> Group:
        """The group of questions whose score is comparable."""
        if self.track is Track.ALL_AROUND:
            return Group(GroupKind.OVERALL)
        return Group(GroupKind.TRACK, self.track.value)

    def find_own(self, totals: Totals) -> GroupScore | None:
        """Return the score to compare with; None if the questions are of other tracks, or not of all four."""
        if self.track is Track.ALL_AROUND and len(totals.tracks) < _TRACKS:
            return None
        return totals.groups.get(self.group)


def read_published(evaluator: str) -> list[PublishedScore]:
    """Return the published scores of one evaluator, since scores of different evaluators are not comparable."""
    scores = read_yaml(Path(__file__).with_name("published.yaml"), list[PublishedScore])
    return [score for score in scores if score.evaluator == evaluator]

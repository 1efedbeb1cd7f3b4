"""The results of a sweep: a Markdown file, a plot, and a copy of each winner."""

import re
import shutil
from pathlib import Path
from typing import Any

from shopbench_plugin.core.table import Table, to_markdown
from shopbench_plugin.models.checkpoints import write_folder_atomically
from shopbench_plugin.scoring.aggregation import GroupKind, shorten_group
from shopbench_plugin.scoring.comparison import describe_p_value
from shopbench_plugin.scoring.records import GroupScore
from shopbench_plugin.storage.files import write_atomically
from shopbench_plugin.sweep.choice import Choice
from shopbench_plugin.sweep.run import Sweep
from shopbench_plugin.sweep.settings import BEST, PAGE, PLOT

_NOT_IN_NAMES = re.compile(r"[^\w.-]+", re.ASCII)
_INCHES_A_ROW = 0.28


def write_pages(sweep: Sweep) -> None:
    """Write PAGE, PLOT and `best/` to the sweep's folder."""
    folder = sweep.settings.output_dir
    for choice in sweep.choices:
        with write_folder_atomically(find_best(sweep, choice), marker="adapter_config.json") as best:
            shutil.copytree(sweep.candidates[choice.winner].find_adapter(sweep.settings), best, dirs_exist_ok=True)
    tables = [make_winner_table(sweep), make_candidate_table(sweep), make_column_table(sweep)]
    with write_atomically(folder / PAGE) as stream:
        stream.write("\n\n".join(["# ShopBench sweep", f"![]({PLOT})", *map(to_markdown, tables), ""]).encode())
    _plot(sweep, folder / PLOT)


def find_best(sweep: Sweep, choice: Choice) -> Path:
    """Return the folder of a winner's copy: `best/overall`, or `best/` and the track's name."""
    short = "overall" if choice.group.kind is GroupKind.OVERALL else shorten_group(choice.group)
    return sweep.settings.output_dir / BEST / _NOT_IN_NAMES.sub("-", short)


def make_winner_table(sweep: Sweep) -> Table:
    """Return the table with one row per choice."""
    columns = (
        *("questions", "winner", "in sample", "out of sample", "winner's curse", "gain over the base", "verdict"),
        "folds that agree",
    )
    return Table("Winners, copied to best/", columns, [_describe_choice(sweep, choice) for choice in sweep.choices])


def _describe_choice(sweep: Sweep, choice: Choice) -> list[str]:
    agree = sum(pick == choice.winner for pick in choice.picks)
    return [
        shorten_group(choice.group),
        sweep.candidates[choice.winner].name,
        choice.in_sample.describe_with_interval(),
        choice.out_of_sample.describe_with_interval(),
        choice.curse.describe_with_interval() if choice.curse else "",
        choice.gain.describe_with_interval() if choice.gain else "",
        f"{choice.gain.verdict.value}, p {describe_p_value(choice.gain.p_value)}" if choice.gain else "",
        f"{agree} of {len(choice.picks)}",
    ]


def make_candidate_table(sweep: Sweep) -> Table:
    """Return the table of each candidate's in-sample scores by track."""
    groups = [choice.group for choice in sweep.choices]
    rows = []
    for candidate, evaluation in zip(sweep.candidates, sweep.evaluations, strict=True):
        scores = evaluation.totals.groups
        rows.append([candidate.name, *(scores[group].describe_with_interval() for group in groups)])
    return Table("Candidates, in sample", ["candidate", *map(shorten_group, groups)], rows)


def make_column_table(sweep: Sweep) -> Table:
    """Return the table that explains the columns."""
    settings = sweep.settings
    meanings = {
        "in sample": "the winner's score on the questions that it was chosen on; in brackets, its range in "
        f"{settings.scoring.confidence:.0%} of other sets of such questions",
        "out of sample": f"the score with each of {settings.folds} folds answered by the best candidate on the others: "
        "an estimate for new questions",
        "winner's curse": "in sample minus out of sample: how much of the score is luck of the choice",
        "gain over the base": "out of sample minus the untuned base, question by question",
        "folds that agree": "how many of the folds would choose the same winner",
    }
    return Table("What the columns mean", ["column", "meaning"], list(meanings.items()))


def _plot(sweep: Sweep, path: Path) -> None:
    """Plot the candidates' in-sample scores by rank, and the winner's out-of-sample score as a line."""
    from matplotlib.figure import Figure

    overall = sweep.choices[0]
    scored = sorted(
        (evaluation.overall.score or 0.0, -place, evaluation.overall, sweep.candidates[place].name)
        for place, evaluation in enumerate(sweep.evaluations)
    )
    figure = Figure(figsize=(9, 2 + _INCHES_A_ROW * len(scored)), layout="constrained")
    axes = figure.add_subplot()
    for place, (score, _, group, _) in enumerate(scored):
        _draw(axes, place, score, group, "tab:gray")
    axes.plot([one[0] for one in scored], range(len(scored)), color="tab:gray", label="in sample")
    if overall.out_of_sample.score is not None:
        _draw(axes, len(scored) - 1.3, overall.out_of_sample.score, overall.out_of_sample, "tab:blue")
        axes.axvline(overall.out_of_sample.score, color="tab:blue", linestyle=":", label="the winner out of sample")
    axes.set_yticks(range(len(scored)), [one[3] for one in scored])
    confidence = f"{sweep.settings.scoring.confidence:.0%} intervals"
    axes.set_xlabel(f"ShopBench score, {shorten_group(overall.group)}, with {confidence}")
    axes.legend(loc="lower right")
    with write_atomically(path) as stream:
        figure.savefig(stream, format="png", dpi=120)


def _draw(axes: Any, place: float, score: float, group: GroupScore, colour: str) -> None:
    bar = group.interval
    reach = [[max(0.0, score - bar.low)], [max(0.0, bar.high - score)]] if bar else None
    axes.errorbar([score], [place], xerr=reach, fmt="o", color=colour, capsize=3)

"""Kill every stage of the pipeline at random moments, and see that what it leaves is never taken for whole.

    python tests/faults/kill_campaign.py --kills 60 --seed 1 [--stage convert --stage predict ...]

Each stage first runs undisturbed. Then it is started again and again in a new folder, and its whole process group is
killed with SIGKILL after a random time; after each kill every output has to be absent, refused by the project's own
checks, or the undisturbed run's, byte for byte. At last the same command runs to its end, and has to leave the
undisturbed run's bytes. Stages of the project's own are then killed right before each file that they rename or remove,
between output and note too. One line a stage says what happened; the exit status is 1 where something did not hold.
"""

import argparse
import itertools
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.commands import after, fingerprint, run, stop_when
from tests.faults.stages import STAGES, Inputs, Stage, is_taken_for_whole, make_inputs

Fingerprints = dict[str, dict[str, str]]
_EXACT = ("convert", "calibrate", "predict", "evaluate")
"""Stages that are killed between any two of their files too."""
_KILLER = Path(__file__).with_name("kill_before_change")


@dataclass(slots=True)
class Tally:
    """What became of the kills of one stage.

    Attributes:
        stage: its name.
        seconds: how long it takes undisturbed.
        kills: kills that met it alive.
        late: tries that ended before their kill.
        completed: runs to the end after kills.
        partial: kills that left something of an output behind.
        faults: what did not hold.
    """

    stage: str
    seconds: float = 0.0
    kills: int = 0
    late: int = 0
    completed: int = 0
    partial: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        faults = "; ".join(self.faults) or "nothing lost, nothing half-written taken for whole"
        return (
            f"{self.stage}: {self.kills} kills in {self.seconds:.1f} s of work ({self.partial} with an output begun), "
            f"{self.late} too late, {self.completed} times continued to the end: {faults}"
        )


def kill_stage(stage: Stage, inputs: Inputs, folder: Path, kills: int, seed: int) -> Tally:
    """Kill one stage `kills` times, in new folders within `folder`; see the module's text."""
    moments = random.Random(f"{stage.name} {seed}")
    tally = Tally(stage.name)
    whole = folder / "whole"
    whole.mkdir(parents=True)
    started = time.monotonic()
    outcome = run(stage.command(inputs), cwd=whole, warm=inputs.warm)
    tally.seconds = time.monotonic() - started
    if outcome.status:
        tally.faults.append(f"the undisturbed run failed: {outcome.err[-500:]}")
        return tally
    expected = {name: fingerprint(whole / name, stage.ignored) for name in stage.outputs}
    broken = folder / "broken-0"
    while tally.kills < kills and len(tally.faults) < 3:
        broken.mkdir(exist_ok=True)
        moment = moments.uniform(stage.earliest, 1.0) * tally.seconds
        outcome = stop_when(stage.command(inputs), after(moment), cwd=broken, warm=inputs.warm)
        is_killed = outcome.status == 128 + signal.SIGKILL
        tally.kills += is_killed
        tally.late += not is_killed
        if is_killed:
            _judge(stage, broken, expected, tally)
        if not is_killed or tally.kills == kills or moments.random() < stage.completed_share:
            _complete(stage, inputs, broken, expected, tally)
            broken = folder / f"broken-{tally.kills + tally.late}"
    return tally


def kill_before_each_change(stage: Stage, inputs: Inputs, folder: Path) -> Tally:
    """Kill one stage before each file that it renames or removes, over the output of an older run if it has one.

    That is between any two files that it puts in place: a random moment hardly ever is. It goes on without --overwrite.
    """
    tally = Tally(f"{stage.name}, before each change")
    earlier = folder / "earlier"
    earlier.mkdir(parents=True)
    if stage.earlier:
        run([*stage.command(inputs), *stage.earlier], cwd=earlier, warm=inputs.warm)
    for number in itertools.count():  # 0 is never reached: the undisturbed run
        broken = folder / f"before-{number}"
        shutil.copytree(earlier, broken)
        command = [*stage.command(inputs), *(["--overwrite"] if stage.earlier else [])]
        older = {name: fingerprint(broken / name, stage.ignored) for name in stage.outputs}
        started = time.monotonic()
        outcome = run(command, cwd=broken, warm=inputs.warm, PYTHONPATH=str(_KILLER), KILL_BEFORE=str(number))
        if number == 0:
            tally.seconds = time.monotonic() - started
            expected = {name: fingerprint(broken / name, stage.ignored) for name in stage.outputs}
        elif outcome.status == 0 or tally.faults:
            return tally
        else:
            tally.kills += 1
            _judge(stage, broken, expected, tally, older)
            _complete(stage, inputs, broken, expected, tally)
    return tally


def _judge(stage: Stage, folder: Path, expected: Fingerprints, tally: Tally, older: Fingerprints | None = None) -> None:
    found = {name: fingerprint(folder / name, stage.ignored) for name in stage.outputs}
    tally.partial += any(found.values()) or any(folder.iterdir())
    for name, content in found.items():
        is_old = older is not None and content == older[name]
        if content and content != expected[name] and not is_old and is_taken_for_whole(folder / name):
            tally.faults.append(f"{folder / name} is half-written and taken for whole after kill {tally.kills}")


def _complete(stage: Stage, inputs: Inputs, folder: Path, expected: Fingerprints, tally: Tally) -> None:
    outcome = run(stage.command(inputs), cwd=folder, warm=inputs.warm)
    tally.completed += 1
    if outcome.status:
        tally.faults.append(f"the same command fails after kill {tally.kills}: {outcome.err[-500:]}")
        return
    for name in stage.outputs:
        found = fingerprint(folder / name, stage.ignored)
        differing = sorted(file for file in expected[name] | found if expected[name].get(file) != found.get(file))
        if differing and not (stage.is_random and is_taken_for_whole(folder / name)):
            tally.faults.append(f"after kill {tally.kills} {', '.join(differing)} differ from the undisturbed run's")
    left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    if left:
        tally.faults.append(f"{len(left)} hidden files are left in {folder} after the run, {left[0]} first")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60, help="kills over all the stages")
    parser.add_argument("--seed", type=int, default=0, help="what the moments are drawn from")
    parser.add_argument("--stage", action="append", choices=list(STAGES), help="this stage alone; repeat it for more")
    options = parser.parse_args(arguments)
    names = options.stage or list(STAGES)
    with tempfile.TemporaryDirectory(prefix="kill-campaign-") as place:
        folder = Path(place)
        inputs = make_inputs(folder / "inputs", names)
        failed = False
        for number, name in enumerate(names):
            share = options.kills // len(names) + (number < options.kills % len(names))
            tally = kill_stage(STAGES[name], inputs, folder / name, share, options.seed)
            failed |= bool(tally.faults)
            sys.stdout.write(f"{tally}\n")
            sys.stdout.flush()
            if name in _EXACT:
                exact = kill_before_each_change(STAGES[name], inputs, folder / f"{name}-exact")
                failed |= bool(exact.faults)
                sys.stdout.write(f"{exact}\n")
        inputs.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

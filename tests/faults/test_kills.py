"""A few kills of the campaign that tests/faults/kill_campaign.py makes many of, and kills of one process of several."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from converters.workers import PROCESSES
from tests.faults.commands import after, finish, start
from tests.faults.conftest import Command
from tests.faults.kill_campaign import kill_before_each_change, kill_stage
from tests.faults.stages import STAGES, make_inputs
from tests.warm_start import SHOPBENCH_MODULES


@pytest.mark.parametrize("name", ["predict", "convert"])
def test_a_stage_killed_at_random_moments_ends_as_if_it_had_not_been(
    name: str, questions: Path, tmp_path: Path
) -> None:
    inputs = make_inputs(tmp_path / "inputs", [name], SHOPBENCH_MODULES, questions)
    tally = kill_stage(STAGES[name], inputs, tmp_path / name, kills=4, seed=1)
    inputs.close()
    assert tally.kills == 4
    assert tally.completed > 0
    assert tally.faults == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["predict", "convert"])
def test_a_stage_killed_between_any_two_of_its_files_ends_as_if_it_had_not_been(
    name: str, questions: Path, tmp_path: Path
) -> None:
    inputs = make_inputs(tmp_path / "inputs", [name], SHOPBENCH_MODULES, questions)
    tally = kill_before_each_change(STAGES[name], inputs, tmp_path / name)
    inputs.close()
    assert tally.kills >= 3, "the note, the output and the journal's removal, or three files"
    assert tally.faults == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists() or os.cpu_count() == 1, reason="no workers to be seen")
def test_workers_end_with_a_first_process_that_is_killed_alone(
    convert: Callable[[Path], Command], rows: Path, tmp_path: Path
) -> None:
    rows.write_bytes(rows.read_bytes() * 8)
    running = start(convert(tmp_path / "out"))
    group = running.process.pid
    while running.is_alive() and len(_list_group(group)) <= PROCESSES:
        time.sleep(0.002)
    assert running.is_alive(), "it ended before it could be killed"
    running.process.kill()
    running.process.wait()
    is_late = after(60)
    while _list_group(group) and not is_late():
        time.sleep(0.05)
    left = _list_group(group)
    finish(running)
    assert left == []


def _list_group(group: int) -> list[int]:
    """Return the processes of a group that run or wait; those that nobody has asked for their end count no more."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            state, _, its_group, *_ = path.read_text().rpartition(")")[2].split()
            if int(its_group) == group and state != "Z":
                found.append(int(path.parent.name))
    return found

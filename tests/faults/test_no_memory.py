"""No memory left: the kernel kills what goes over a control group's limit, and Python says so where it is asked."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.commands import fingerprint, run
from tests.faults.conftest import Command

GROUPS = Path("/sys/fs/cgroup/memory")  # version 1
KILLED = 137


@pytest.fixture
def limit() -> Iterator[Callable[[int, Command], Command]]:
    """Return a function that puts a command under a limit of so many megabytes."""
    group = GROUPS / f"shopbench-faults-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here ({error.strerror})")

    def make(megabytes: int, command: Command) -> Command:
        (group / "memory.limit_in_bytes").write_text(str(megabytes << 20))
        return ["bash", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "bash", *command]

    yield make
    group.rmdir()


def test_convert_goes_on_with_more_memory(
    limit: Callable[[int, Command], Command], convert: Callable[[Path], Command], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    assert run(limit(40, convert(folder)), warm=()).status == KILLED
    assert list(folder.glob("[!.]*")) == [], "no dataset, no report, no list of datasets"
    assert run(convert(folder)).status == 0
    assert run(convert(tmp_path / "whole")).status == 0
    assert fingerprint(folder / "rows.jsonl") == fingerprint(tmp_path / "whole" / "rows.jsonl")


ALLOCATE = """
from shopbench_plugin.core.exits import explain_exit
with explain_exit("outputs/model"):
    bytearray(1 << 60)
"""


def test_an_allocation_that_fails_is_one_line() -> None:
    done = subprocess.run([sys.executable, "-c", ALLOCATE], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "error: outputs/model: no memory left; free some or do less at once, then run the same command again to "
        "continue\n"
    )

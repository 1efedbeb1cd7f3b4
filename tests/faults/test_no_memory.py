"""A limit on a process's address space: one line, nothing half-written, and with memory the same command goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.commands import check_one_line, fingerprint, run
from tests.faults.conftest import Command


def limit(megabytes: int, command: Command) -> Command:
    """Return the command under a limit on its address space, which its processes inherit."""
    return ["bash", "-c", f'ulimit -v {megabytes * 1024} && exec "$@"', "bash", *command]


@pytest.mark.parametrize("megabytes", [90, 110, 130, 150])
def test_convert(megabytes: int, convert: Callable[[Path], Command], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    starved = run(limit(megabytes, convert(folder)))
    if starved.status:
        check_one_line(starved, 1, "memory", "again")
        assert not folder.exists()
    assert run(convert(folder)).status == 0
    assert run(convert(tmp_path / "whole")).status == 0
    assert fingerprint(folder / "rows.jsonl") == fingerprint(tmp_path / "whole" / "rows.jsonl")

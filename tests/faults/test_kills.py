"""A few kills of the campaign that tests/faults/kill_campaign.py makes many of."""

from pathlib import Path

import pytest

from tests.faults.kill_campaign import kill_stage
from tests.faults.stages import STAGES, make_inputs


@pytest.mark.parametrize("name", ["predict", "convert"])
def test_a_stage_killed_at_random_moments_ends_as_if_it_had_not_been(name: str, tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path / "inputs", [name])
    tally = kill_stage(STAGES[name], inputs, tmp_path / name, kills=4, seed=1)
    inputs.close()
    assert tally.kills == 4
    assert tally.completed > 0
    assert tally.faults == []

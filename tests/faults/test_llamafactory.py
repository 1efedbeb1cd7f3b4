"""Training and exporting with llamafactory-cli itself: killed while saving, out of room, and two at once."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopbench_plugin.llamafactory.unfinished import mark_unfinished
from tests.faults.commands import SHOPBENCH, fingerprint, list_names, run, stop_when
from tests.faults.conftest import Disk
from tests.faults.stages import STAGES, Inputs, is_taken_for_whole, make_inputs

pytestmark = pytest.mark.slow

TRAIN, EXPORT = STAGES["sft"], STAGES["export"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inputs]:
    """A converted set, a tiny model, and an adapter that an undisturbed training wrote."""
    inputs = make_inputs(tmp_path_factory.mktemp("faults") / "inputs", ["export"])
    yield inputs
    inputs.close()


def test_a_training_goes_on_from_the_last_whole_checkpoint(inputs: Inputs, tmp_path: Path) -> None:
    adapter = tmp_path / "adapter"
    torn = adapter / "checkpoint-4"
    killed = stop_when(
        TRAIN.command(inputs), lambda: torn.exists() and not (torn / "trainer_state.json").exists(), cwd=tmp_path
    )
    assert killed.status == 128 + signal.SIGKILL
    (torn / "trainer_state.json").unlink(missing_ok=True)  # where the kill came too late
    assert ".unfinished" in list_names(adapter)

    later = adapter / "checkpoint-8"
    stopped = stop_when(TRAIN.command(inputs), later.exists, signal.SIGTERM, cwd=tmp_path)
    assert f"{torn}: was not written to its end; going on from checkpoint-2".removeprefix(f"{tmp_path}/") in (
        stopped.err
    )
    assert stopped.status == 128 + signal.SIGTERM
    assert "error: SIGTERM: stopped; run the same command again to continue" in stopped.err
    assert "Traceback" not in stopped.err

    assert run(TRAIN.command(inputs), cwd=tmp_path).status == 0
    found = fingerprint(adapter, TRAIN.ignored)
    assert found == fingerprint(inputs.folder / "adapter", TRAIN.ignored)


def test_an_export_without_room_is_one_line_and_goes_on_with_room(inputs: Inputs, disk: Disk, tmp_path: Path) -> None:
    disk.mount("size=3m")
    merged = disk.folder / "merged"
    command = [*EXPORT.command(inputs)[:-1], f"export_dir={merged}"]
    failed = run(command)
    assert failed.status == 1
    assert failed.err.splitlines()[-1].startswith(f"error: {merged}: No space left on device; make room there")
    assert "Traceback" not in failed.err
    assert not is_taken_for_whole(merged)
    refused = run([SHOPBENCH, "predict", "--model", merged, "--input", "x", "--output", tmp_path / "answers.jsonl"])
    assert refused.status == 1

    disk.mount("size=40m,remount")
    assert run(command).status == 0
    assert is_taken_for_whole(merged)
    assert ".unfinished" not in list_names(merged)


def test_an_export_into_a_folder_that_is_being_written_is_refused(inputs: Inputs, tmp_path: Path) -> None:
    merged = tmp_path / "merged"
    with mark_unfinished(merged):
        refused = run(EXPORT.command(inputs), cwd=tmp_path)
    assert refused.status == 1
    assert refused.err.splitlines()[-1] == (
        "error: merged: another training or export is writing it; wait for that, or choose another folder"
    )
    assert not merged.exists()

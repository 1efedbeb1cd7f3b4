"""llamafactory-cli itself: killed while saving, out of room, told to stop, and two at once."""

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from shopbench_plugin.storage.unfinished import mark_unfinished
from tests.faults import commands
from tests.faults.commands import SHOPBENCH, Outcome, fingerprint, list_names
from tests.faults.conftest import Disk
from tests.faults.stages import STAGES, Inputs, Stage, is_taken_for_whole, make_inputs
from tests.warm_start import LLAMAFACTORY_MODULES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("llamafactory")]

TRAIN, EXPORT, QUANTIZE = STAGES["sft"], STAGES["export"], STAGES["gptq"]
run = partial(commands.run, warm=LLAMAFACTORY_MODULES)
stop_when = partial(commands.stop_when, warm=LLAMAFACTORY_MODULES)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inputs]:
    """A converted set, a tiny model, calibration texts, and an adapter that an undisturbed training wrote."""
    inputs = make_inputs(tmp_path_factory.mktemp("faults") / "inputs", ["export", "gptq"], LLAMAFACTORY_MODULES)
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
    assert f"{torn}: checkpoint is incomplete; resuming from checkpoint-2".removeprefix(f"{tmp_path}/") in (stopped.err)
    assert stopped.status == 128 + signal.SIGTERM
    assert "error: SIGTERM: stopped; run the same command again to continue" in stopped.err
    assert "Traceback" not in stopped.err

    assert run(TRAIN.command(inputs), cwd=tmp_path).status == 0
    found = fingerprint(adapter, TRAIN.ignored)
    assert found == fingerprint(inputs.folder / "adapter", TRAIN.ignored)


def test_a_training_without_room_is_one_line_and_goes_on_with_room(inputs: Inputs, disk: Disk, tmp_path: Path) -> None:
    disk.mount("size=2m")
    adapter = disk.folder / "adapter"
    command = _write_to(TRAIN, inputs, adapter)
    failed = run(command, cwd=tmp_path)
    _check_error(failed, 1, f"error: {adapter}: No space left on device; free disk space there")
    assert not is_taken_for_whole(adapter)

    disk.mount("size=400m,remount")
    assert run(command, cwd=tmp_path).status == 0
    assert fingerprint(adapter, TRAIN.ignored) == fingerprint(inputs.folder / "adapter", TRAIN.ignored)


@pytest.mark.parametrize(("stage", "small"), [(EXPORT, "3m"), (QUANTIZE, "1m")], ids=["merge", "GPTQ"])
def test_an_export_without_room_is_one_line_and_goes_on_with_room(
    stage: Stage, small: str, inputs: Inputs, disk: Disk, tmp_path: Path
) -> None:
    disk.mount(f"size={small}")
    model = disk.folder / "model"
    command = _write_to(stage, inputs, model)
    failed = run(command, cwd=tmp_path)
    _check_error(failed, 1, f"error: {model}: No space left on device; free disk space there")
    assert not is_taken_for_whole(model)
    refused = run([SHOPBENCH, "predict", "--model", model, "--input", "x", "--output", tmp_path / "answers.jsonl"])
    assert refused.status == 1

    disk.mount("size=40m,remount")
    assert run(command, cwd=tmp_path).status == 0
    assert is_taken_for_whole(model)
    assert ".unfinished" not in list_names(model)


@pytest.mark.parametrize(
    ("stage", "number"), [(EXPORT, signal.SIGINT), (QUANTIZE, signal.SIGTERM)], ids=["merge", "GPTQ"]
)
def test_an_export_told_to_stop_is_one_line_and_goes_on(
    stage: Stage, number: signal.Signals, inputs: Inputs, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    command = _write_to(stage, inputs, model)
    stopped = stop_when(command, (model / ".unfinished").exists, number, cwd=tmp_path)
    _check_error(stopped, 128 + number, f"error: {number.name}: stopped; run the same command again to continue")
    assert not is_taken_for_whole(model)
    assert run(command, cwd=tmp_path).status == 0
    assert is_taken_for_whole(model)


@pytest.mark.parametrize("stage", [TRAIN, EXPORT], ids=["training", "merge"])
def test_a_second_writer_of_a_folder_is_refused(stage: Stage, inputs: Inputs, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with mark_unfinished(folder):
        refused = run(_write_to(stage, inputs, "folder"), cwd=tmp_path)
    _check_error(
        refused, 1, "error: folder: another training or export is writing it; wait for that, or choose another folder"
    )
    assert not folder.exists()


def _write_to(stage: Stage, inputs: Inputs, folder: object) -> list[object]:
    """Return the stage's command with `folder` for what it writes; of settings given twice the last one counts."""
    return [*stage.command(inputs), f"{'output_dir' if stage is TRAIN else 'export_dir'}={folder}"]


def _check_error(outcome: Outcome, status: int, start: str) -> None:
    """Assert that a command failed with one line among those of LlamaFactory's log and of its progress bar."""
    assert outcome.status == status, outcome.err[-3000:]
    errors = [line for line in outcome.err.splitlines() if line.startswith("error: ")]
    assert [line[: len(start)] for line in errors] == [start]
    assert "Traceback" not in outcome.err

"""What is changed in LlamaFactory so that its outputs stay apart and whole."""

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shopbench_plugin.llamafactory.safeguards import find_last_whole_checkpoint, guard_outputs


def write_checkpoint(folder: Path, step: int, state: str | None = None) -> Path:
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir()
    (checkpoint / "trainer_state.json").write_text(json.dumps({"global_step": step}) if state is None else state)
    return checkpoint


def test_the_newest_checkpoint_by_its_step_is_taken(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, 8)
    newest = write_checkpoint(tmp_path, 12)
    (tmp_path / "checkpoint-x").mkdir()
    assert find_last_whole_checkpoint(str(tmp_path)) == str(newest)


@pytest.mark.parametrize("state", ["", '{"global_step": 1', '{"global_step": 8}', "[]"])
def test_one_that_was_not_written_to_its_end_is_passed_over(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write_checkpoint(tmp_path, 8)
    torn = write_checkpoint(tmp_path, 12, state)
    assert find_last_whole_checkpoint(str(tmp_path)) == str(whole)
    assert capsys.readouterr().err == (
        f"shopbench: {torn}: was not written to its end; going on from the one before it\n"
    )


def test_without_a_whole_one_a_training_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-4").mkdir()
    assert find_last_whole_checkpoint(str(tmp_path)) is None


@pytest.fixture
def tuner() -> Any:
    """A module like llamafactory.train.tuner, whose export notes what it finds in its folder."""

    def export(args: Any) -> None:
        module.found = sorted(path.name for path in Path(args["export_dir"]).iterdir())
        Path(args["export_dir"], "config.json").write_text("{}")

    module = SimpleNamespace(read_args=lambda args: args, run_exp=None, export_model=export, found=None)
    guard_outputs(module)  # type: ignore[arg-type]
    return module


def test_an_export_is_marked_while_it_is_written(tuner: Any, tmp_path: Path) -> None:
    tuner.export_model({"export_dir": str(tmp_path)})
    assert tuner.found == [".unfinished"]
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_an_export_in_another_thread_as_the_web_ui_makes_it_works_too(tuner: Any, tmp_path: Path) -> None:
    thread = threading.Thread(target=tuner.export_model, args=({"export_dir": str(tmp_path)},))
    thread.start()
    thread.join()
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_processes_behind_the_first_leave_the_mark_to_it(
    tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    tuner.export_model({"export_dir": str(tmp_path)})
    assert tuner.found == []

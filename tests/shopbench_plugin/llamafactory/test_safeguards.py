"""What is changed in LlamaFactory so that its outputs stay apart and whole."""

import json
import random
import shutil
import signal
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.llamafactory.safeguards import find_last_whole_checkpoint, guard_outputs, guard_resuming
from shopbench_plugin.storage import locks


def write_checkpoint(folder: Path, step: int, state: str | None = None) -> Path:
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir()
    (checkpoint / "trainer_state.json").write_text(json.dumps({"global_step": step}) if state is None else state)
    return checkpoint


def test_the_newest_checkpoint_by_its_step_is_taken(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, 8)
    newest = write_checkpoint(tmp_path, 12, '{"global_step": 12, "log_history": [{"grad_norm": NaN}]}')
    (tmp_path / "checkpoint-x").mkdir()
    assert find_last_whole_checkpoint(str(tmp_path)) == str(newest)


@pytest.mark.parametrize("state", ["", '{"global_step": 1', '{"global_step": 8}', "[]"])
def test_one_that_was_not_written_to_its_end_is_passed_over(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write_checkpoint(tmp_path, 8)
    torn = write_checkpoint(tmp_path, 12, state)
    assert find_last_whole_checkpoint(str(tmp_path)) == str(whole)
    assert capsys.readouterr().err == (f"shopbench: {torn}: checkpoint is incomplete; resuming from checkpoint-8\n")


def test_without_a_whole_one_a_training_begins_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torn = tmp_path / "checkpoint-4"
    torn.mkdir()
    assert find_last_whole_checkpoint(str(tmp_path)) is None
    assert capsys.readouterr().err == (
        f"shopbench: {torn}: checkpoint is incomplete; no earlier one exists, starting from scratch\n"
    )


@pytest.fixture
def resume() -> Any:
    """LlamaFactory's look for a checkpoint as it is changed here; its own answer is "newest"."""
    module: Any = SimpleNamespace(get_last_checkpoint=lambda folder: f"newest of {folder}")
    guard_resuming(module)
    return module.get_last_checkpoint


@pytest.mark.parametrize(
    ("variables", "is_left"),
    [
        ({"WORLD_SIZE": "", "LOCAL_WORLD_SIZE": ""}, False),
        ({"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "8"}, False),
        ({"WORLD_SIZE": "16", "LOCAL_WORLD_SIZE": "8"}, True),
    ],
)
def test_nodes_do_not_decide_each_for_itself(
    variables: dict[str, str], is_left: bool, resume: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = write_checkpoint(tmp_path, 8)
    write_checkpoint(tmp_path, 12, "")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert resume(str(tmp_path)) == (f"newest of {tmp_path}" if is_left else str(whole))


def test_a_trainer_that_writes_no_states_is_left_to_llamafactory(resume: Any, tmp_path: Path) -> None:
    (tmp_path / "checkpoint-4").mkdir()
    assert resume(str(tmp_path)) is None  # killed while the first one was written
    (tmp_path / "checkpoint-8").mkdir()
    assert resume(str(tmp_path)) == f"newest of {tmp_path}"


@pytest.fixture
def tuner() -> Any:
    """A module like llamafactory.train.tuner, whose functions note which marks they find."""

    def export(args: Any) -> None:
        module.found = sorted(path.name for path in Path(args["export_dir"]).iterdir())
        Path(args["export_dir"], "config.json").write_text("{}")
        module.draw = random.random()

    def train(args: Any, callbacks: Any) -> None:
        module.found = sorted(str(path.relative_to(Path.cwd())) for path in Path.cwd().rglob(".unfinished"))
        if module.on_train is not None:
            module.on_train(args, callbacks)
        if module.error is not None:
            raise module.error

    module: Any = SimpleNamespace(
        read_args=lambda args: module.command_line if args is None else args,
        run_exp=train,
        export_model=export,
        command_line=["--do_train", "--output_dir", "saved"],
        found=None,
        error=None,
        on_train=None,
    )
    guard_outputs(module)
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


def test_an_empty_rank_is_the_first(tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "")
    tuner.export_model({"export_dir": str(tmp_path)})
    assert tuner.found == [".unfinished"]


def test_without_locks_on_the_system_there_is_no_mark(
    tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "AVAILABLE", False)
    tuner.export_model({"export_dir": str(tmp_path)})
    assert tuner.found == []


@pytest.mark.parametrize(
    ("args", "marked"),
    [
        ({"output_dir": "saved", "do_train": True}, ["saved/.unfinished"]),
        ({"output_dir": "saved", "do_predict": True}, []),
        ({"output_dir": "~/saved", "do_train": True}, ["home/saved/.unfinished"]),
        (["--output_dir", "saved", "--do_train", "--bf16"], ["saved/.unfinished"]),
        (["--output-dir=saved", "--do_train", "true"], ["saved/.unfinished"]),
        (["--output_dir", "saved", "--do_train", "false", "--do_eval"], []),
        (["--output_dir", "saved"], []),
    ],
)
def test_the_folder_of_a_training_is_marked_and_of_no_other_run(
    args: Any, marked: list[str], tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    tuner.run_exp(args)
    assert tuner.found == marked


@pytest.mark.parametrize(
    "args",
    [
        {"output_dir": "saved", "do_train": True, "num_train_epochs": 2.0, "dataset": "other"},
        ["--output_dir", "saved", "--do_train", "--max_steps=8"],
    ],
)
def test_a_folder_whose_training_is_over_is_refused_whatever_the_data(
    args: Any, tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("saved").mkdir()
    write_checkpoint(Path("saved"), 8, '{"global_step": 8, "epoch": 2.0}')
    tuner.run_exp(args)  # stopped before its weights were written
    Path("saved", "adapter_model.safetensors").touch()
    with pytest.raises(ShopBenchError, match=r"saved: 'output_dir' contains a completed training run \(step 8\), so"):
        tuner.run_exp(args)
    anew = [*args, "--overwrite_output_dir"] if isinstance(args, list) else args | {"overwrite_output_dir": True}
    tuner.run_exp(anew)


def write_data(text: str, name: str = "shop") -> dict[str, Any]:
    """Write a dataset; return the settings of a training on it."""
    Path(f"{name}.jsonl").write_text(text)
    Path("dataset_info.json").write_text(json.dumps({one: {"file_name": f"{one}.jsonl"} for one in ("shop", "other")}))
    return {"output_dir": "saved", "do_train": True, "dataset": name, "dataset_dir": "."}


@pytest.fixture
def interrupted(tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings of a training that was stopped after a checkpoint."""
    monkeypatch.chdir(tmp_path)
    args = write_data("first")

    def stop(args: Any, callbacks: Any) -> None:
        write_checkpoint(Path("saved"), 8)
        raise KeyboardInterrupt

    tuner.on_train = stop
    with pytest.raises(KeyboardInterrupt):
        tuner.run_exp(args)
    tuner.on_train = None
    return args


def test_a_stopped_training_resumes_on_the_same_data_alone(tuner: Any, interrupted: dict[str, Any]) -> None:
    write_data("second")
    message = (
        "saved: its checkpoints were trained on dataset 'shop' before its file changed; restore the data, choose "
        "another output_dir, or set overwrite_output_dir: true (to continue on the new data, "
        "remove saved/.training_data)"
    )
    for how in ({}, {"resume_from_checkpoint": "saved/checkpoint-8"}):
        with pytest.raises(ShopBenchError) as caught:
            tuner.run_exp(interrupted | how)
        assert str(caught.value) == message
    write_data("first")
    tuner.run_exp(interrupted)
    write_data("second")
    Path("saved/.training_data").unlink()  # as of a training before there was such a note
    tuner.run_exp(interrupted)


def test_a_stopped_training_does_not_resume_on_another_dataset(tuner: Any, interrupted: dict[str, Any]) -> None:
    with pytest.raises(ShopBenchError, match=r"were trained on shop instead of other; restore the data"):
        tuner.run_exp(write_data("first", "other"))
    with pytest.raises(ShopBenchError, match=r"were trained on shop instead of shop, other; restore the data"):
        tuner.run_exp(interrupted | {"dataset": ["shop", "other"]})


def test_the_command_line_is_refused_other_data_too(tuner: Any, interrupted: dict[str, Any]) -> None:
    write_data("second")
    words = ["--output_dir", "saved", "--do_train", "--dataset", "shop", "--dataset_dir", "."]
    with pytest.raises(ShopBenchError, match="were trained on dataset 'shop' before its file changed"):
        tuner.run_exp(words)


def test_an_overwritten_training_keeps_the_older_datas_note_until_it_has_succeeded(
    tuner: Any, interrupted: dict[str, Any]
) -> None:
    anew = write_data("second") | {"overwrite_output_dir": True}
    tuner.error = RuntimeError("CUDA out of memory")
    with pytest.raises(RuntimeError):
        tuner.run_exp(anew)
    tuner.error = None
    with pytest.raises(ShopBenchError, match="were trained on dataset 'shop' before its file changed"):
        tuner.run_exp(interrupted)  # whose newest checkpoint is of the older data
    tuner.run_exp(anew)
    tuner.run_exp(interrupted)


def test_a_training_that_fails_before_its_first_checkpoint_leaves_no_folder(
    tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    args = write_data("first")
    tuner.error = RuntimeError("no such model")
    with pytest.raises(RuntimeError):
        tuner.run_exp(args)
    assert not Path("saved").exists()
    tuner.error = None
    tuner.run_exp(write_data("second"))


@pytest.mark.parametrize("info", [None, "{", "[]", '{"shop": 7}'])
def test_data_that_can_not_be_read_is_left_to_llamafactory(info: str | None, tuner: Any, interrupted: Any) -> None:
    Path("dataset_info.json").unlink()
    if info is not None:
        Path("dataset_info.json").write_text(info)
    tuner.run_exp(interrupted)


def test_a_folder_of_files_and_a_hubs_dataset_are_compared(
    tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    args = write_data("unused")
    Path("files").mkdir()
    Path("files/a.jsonl").write_text("a")
    for before, change in (
        ({"file_name": "files"}, lambda: Path("files/b.jsonl").write_text("b")),
        ({"hf_hub_url": "shop/rows"}, lambda: write_info({"hf_hub_url": "shop/more"})),
    ):
        write_info(before)
        shutil.rmtree("saved", ignore_errors=True)
        tuner.run_exp(args)
        write_checkpoint(Path("saved"), 8)
        tuner.run_exp(args)
        change()
        with pytest.raises(ShopBenchError, match="were trained on dataset 'shop' before its file changed"):
            tuner.run_exp(args)


def write_info(entry: dict[str, str]) -> None:
    Path("dataset_info.json").write_text(json.dumps({"shop": entry}))


def test_a_program_that_calls_with_arguments_keeps_its_errors_and_its_signals(
    tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)
    tuner.error = RuntimeError("CUDA out of memory")
    with pytest.raises(RuntimeError, match="CUDA out of memory"):
        tuner.run_exp({"output_dir": "saved", "do_train": True})
    assert signal.getsignal(signal.SIGTERM) is handler


def test_the_command_line_ends_with_one_line(
    tuner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)
    tuner.error = MemoryError()
    with pytest.raises(SystemExit):
        tuner.run_exp()
    assert capsys.readouterr().err.startswith("error: saved: no memory left")
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_quantization_draws_alike_and_nobody_elses_draws_change(tuner: Any, tmp_path: Path) -> None:
    random.seed(7)
    expected = [random.random() for _ in range(3)]
    random.seed(7)
    tuner.export_model({"export_dir": str(tmp_path), "export_quantization_bit": 4})
    assert tuner.draw == random.Random(0).random()
    tuner.export_model({"export_dir": str(tmp_path)})
    assert [tuner.draw, random.random(), random.random()] == expected

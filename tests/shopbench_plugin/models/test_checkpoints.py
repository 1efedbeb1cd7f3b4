"""Looking into model folders without loading them."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.checkpoints import (
    is_hub_name,
    open_checkpoint,
    require_space,
    write_folder_atomically,
)
from shopbench_plugin.models.model_folder import check_model_folder
from shopbench_plugin.storage.temporaries import remove_abandoned


def test_the_shapes_come_from_the_headers(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    save_file({"head": np.zeros((2, 3), np.float16), "norm": np.ones(5)}, tmp_path / "model.safetensors")
    assert open_checkpoint(tmp_path).read_shapes() == {"head": (2, 3), "norm": (5,)}


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match=r"gone: no such model folder"):
        open_checkpoint(tmp_path / "gone")


def test_a_folder_without_config_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match=r"config.json: cannot be read .* is not a Hugging Face model folder"):
        open_checkpoint(tmp_path)


def test_an_adapter_is_no_model_and_can_be_merged(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    for read in (open_checkpoint, lambda folder: check_model_folder(str(folder))):
        with pytest.raises(
            ShopBenchError, match=r"is a LoRA adapter, not a model; pass the base as the model and this "
        ):
            read(tmp_path)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").touch()
    with pytest.raises(ShopBenchError, match=r"pytorch_model.bin: pickled weights can run any code"):
        open_checkpoint(tmp_path)


def test_a_shard_that_the_index_names_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "model-00001-of-00002.safetensors").touch()
    with pytest.raises(ShopBenchError, match=r"model-00002-of-00002.safetensors: named in .* but missing"):
        open_checkpoint(tmp_path)


def test_too_little_space_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match=r"new/model: needs about 1000000\.0 GB on disk, but .* GB are free"):
        require_space(tmp_path / "new" / "model", 10**15)
    assert not (tmp_path / "new").exists()


def test_a_place_that_cannot_be_written_is_not_said_to_lack_space(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place, reason in ((tmp_path / "file" / "model", "Not a directory"), (Path("/proc/model"), "No such file")):
        with pytest.raises(ShopBenchError, match=rf"{place}: cannot be written \({reason}.*\); choose another place"):
            require_space(place, 10**15)


def test_a_folder_that_is_no_model_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(ShopBenchError, match="exists but has no config"), write_folder_atomically(tmp_path):
        pass
    assert (tmp_path / "letters.txt").read_text() == "dear"


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.mkdir()
    (target / "config.json").write_text("{}")
    link.symlink_to("target")
    with write_folder_atomically(link) as folder:
        (folder / "config.json").write_text('{"new": 1}')
    assert (link.is_symlink(), (target / "config.json").read_text()) == (True, '{"new": 1}')
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "target"]


@pytest.mark.parametrize("output", [".", "..", "../../model"])
def test_the_working_directory_is_not_replaced(output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "model" / "inside"
    inside.mkdir(parents=True)
    for folder in (inside, inside.parent):
        (folder / "config.json").write_text("{}")
    monkeypatch.chdir(inside)
    with (
        pytest.raises(ShopBenchError, match="contains the working directory; choose"),
        write_folder_atomically(Path(output)),
    ):
        pass
    assert (inside / "config.json").read_text() == "{}"


def test_a_new_model_takes_the_place_of_the_old(tmp_path: Path) -> None:
    old = tmp_path / "model"
    old.mkdir()
    (old / "config.json").write_text("{}")
    (old / "old.safetensors").touch()
    with write_folder_atomically(old) as folder:
        (folder / "config.json").write_text("{}")
    assert [path.name for path in old.iterdir()] == ["config.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def write_model(folder: Path, content: str) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(content)
    return folder


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.EIO, "")])
def test_the_old_model_comes_back_where_the_new_cannot_take_its_place(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_model(tmp_path / "model", "old")
    rename = Path.rename

    def fail_between(path: Path, target: Path) -> Path:
        if target == model and not path.name.endswith(".old.part"):
            remove_abandoned(model)  # as another writer does
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_between)
    with pytest.raises((KeyboardInterrupt, ShopBenchError)), write_folder_atomically(model) as folder:
        (folder / "config.json").write_text("new")
    assert (model / "config.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_new_model_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with write_folder_atomically(tmp_path / "model") as folder:
            (folder / "model.safetensors").touch(mode=0o600)  # as safetensors writes it
    finally:
        os.umask(before)
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "model" / "model.safetensors").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Qwen/Qwen2-7B-Instruct", True),
        ("Qwen", False),
        ("Qwen/", False),
        ("/Qwen", False),
        ("outputs/model", False),
        ("a/b/c", False),
        ("./model", False),
        ("../model", False),
        ("~/model", False),
    ],
)
def test_a_hub_name_is_an_owner_and_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("outputs").mkdir()
    assert is_hub_name(name) is expected
